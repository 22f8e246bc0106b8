"""What can be configured of the wires of a station: lids, lamps, buttons and inputs. BCM numbers; -1: not wired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from edge.config.check import Between
from edge.config.kinds import Pin

MaybePin = Annotated[int, Between(-1, 27)]
Level = Literal["high", "low"]


@dataclass(frozen=True, slots=True)
class NoLid:
    """A bin without a driven lid: an opening, or a flap that people push."""

    driver: Literal["none"] = "none"


@dataclass(frozen=True, slots=True)
class ServoLid:
    """A hobby servo: pulse widths at the two ends; it cannot tell where it is, only where it was sent."""

    driver: Literal["servo"]
    pin: Pin
    closed_us: Annotated[int, Between(400, 2600)] = 1000
    open_us: Annotated[int, Between(400, 2600)] = 2000
    travel_s: Annotated[float, Between(0.2, 30.0)] = 2.0


@dataclass(frozen=True, slots=True)
class MotorLid:
    """A motor on an H-bridge with two end stops. `current_pin`: an input that says that the motor strains."""

    driver: Literal["motor"]
    open_pin: Pin
    close_pin: Pin
    open_stop_pin: Pin
    closed_stop_pin: Pin
    stop_reached: Level = "low"
    current_pin: MaybePin = -1
    strained: Level = "high"
    longest_s: Annotated[float, Between(0.5, 60.0)] = 8.0


@dataclass(frozen=True, slots=True)
class SimulatedLid:
    """The motor driver on mock pins, with a lid that takes `travel_s` from end to end."""

    driver: Literal["simulated"]
    travel_s: Annotated[float, Between(0.1, 30.0)] = 1.0


LidConfig = NoLid | ServoLid | MotorLid | SimulatedLid


@dataclass(frozen=True, slots=True)
class BinWiring:
    """The inputs and the lamps of one bin. `hand`: a light barrier in the opening; `beam`: one below it, that what
    falls in breaks. `temperature_path`: a one-wire sensor's file, as /sys/bus/w1/devices/28-…/temperature.
    """

    guide_lamp_pin: MaybePin = -1
    warning_lamp_pin: MaybePin = -1
    hand_pin: MaybePin = -1
    hand_level: Level = "high"
    beam_pin: MaybePin = -1
    beam_broken: Level = "high"
    smoke_pin: MaybePin = -1
    smoke_level: Level = "high"
    open_button_pin: MaybePin = -1
    button_pressed: Level = "low"
    temperature_path: str = ""


@dataclass(frozen=True, slots=True)
class StationWiring:
    """The inputs of the station itself. `simulated`: all pins of the station and its bins are mock pins."""

    simulated: bool = False
    presence_pin: MaybePin = -1
    presence_near: Level = "high"
    smoke_pin: MaybePin = -1
    smoke_level: Level = "high"
    yes_pin: MaybePin = -1
    no_pin: MaybePin = -1
    loud_pin: MaybePin = -1
    button_pressed: Level = "low"
