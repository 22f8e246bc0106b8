"""What can be configured of a level sensor: one class per driver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from edge.config.check import Between
from edge.config.kinds import Pin

Baud = Annotated[int, Between(1200, 1_000_000)]
Millimetres = Annotated[float, Between(0.0, 10_000.0)]


@dataclass(frozen=True, slots=True)
class UltrasonicSensor:
    """An ultrasonic ranger on a serial port. `frame`: `checksum` is FF H L SUM, `two-byte` is H L on request only.

    `request`: poll by one byte (0x55), or listen to what streams in. `unit`: what the number in the frame counts.
    """

    driver: Literal["ultrasonic"]
    port: Path
    baud: Baud = 9600
    frame: Literal["checksum", "two-byte"] = "checksum"
    request: bool = False
    unit: Literal["mm", "cm"] = "mm"
    period_s: Annotated[float, Between(0.1, 60.0)] = 1.0


@dataclass(frozen=True, slots=True)
class ModbusSensor:
    """A level gauge on RS-485: one holding or input register, times `scale_mm`, is the distance."""

    driver: Literal["modbus"]
    port: Path
    unit_id: Annotated[int, Between(1, 247)] = 1
    baud: Baud = 9600
    parity: Literal["none", "even", "odd"] = "none"
    table: Literal["holding", "input"] = "holding"
    register: Annotated[int, Between(0, 65535)] = 0
    scale_mm: Annotated[float, Between(0.001, 1000.0)] = 1.0
    temperature_register: Annotated[int, Between(-1, 65535)] = -1
    temperature_scale_c: Annotated[float, Between(0.001, 10.0)] = 0.1
    period_s: Annotated[float, Between(0.1, 60.0)] = 1.0


@dataclass(frozen=True, slots=True)
class LaserSensor:
    """A VL53L1X time-of-flight ranger on I²C."""

    driver: Literal["vl53l1x"]
    bus: Annotated[int, Between(0, 20)] = 1
    address: Annotated[int, Between(0x08, 0x77)] = 0x29
    range: Literal["short", "medium", "long"] = "medium"
    period_s: Annotated[float, Between(0.1, 60.0)] = 1.0


@dataclass(frozen=True, slots=True)
class PulseSensor:
    """An HC-SR04 kind of ranger on two pins, by gpiozero's DistanceSensor."""

    driver: Literal["pulse"]
    trigger_pin: Pin
    echo_pin: Pin
    most_mm: Millimetres = 4000.0
    period_s: Annotated[float, Between(0.1, 60.0)] = 1.0


@dataclass(frozen=True, slots=True)
class ScaleSensor:
    """A weighing module on a serial port that prints lines like `ST,GS,+  12.345kg`."""

    driver: Literal["scale"]
    port: Path
    baud: Baud = 9600
    period_s: Annotated[float, Between(0.1, 60.0)] = 1.0


@dataclass(frozen=True, slots=True)
class SimulatedSensor:
    """The ultrasonic driver at a pseudo-terminal, on whose other side a simulated ranger speaks the real bytes.

    `trace`: a CSV file with seconds and millimetres, played once; else the bin fills by itself from empty to full in
    `fills_in_s`, and begins anew.
    """

    driver: Literal["simulated"]
    trace: Path | None = None
    empty_mm: Millimetres = 1000.0
    full_mm: Millimetres = 150.0
    fills_in_s: Annotated[float, Between(1.0, 10_000_000.0)] = 600.0
    frame: Literal["checksum", "two-byte"] = "checksum"
    request: bool = False
    period_s: Annotated[float, Between(0.1, 60.0)] = 1.0


LevelSensorConfig = UltrasonicSensor | ModbusSensor | LaserSensor | PulseSensor | ScaleSensor | SimulatedSensor
