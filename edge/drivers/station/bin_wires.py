"""The wires of one bin: its lid, driven step by step, its lamps, and what it senses."""

from __future__ import annotations

from typing import Any, Protocol

from edge.actions import BinLamp
from edge.config.station import Bin
from edge.config.wiring import MotorLid, ServoLid
from edge.drivers.gpio import Lines
from edge.drivers.station import BinInputs
from edge.drivers.station.lamps import SIGNALS
from edge.drivers.station.lids import Drive, LidControl, LidInputs
from edge.drivers.station.motor import MotorControl
from edge.drivers.station.servo import ServoControl


class Actuator(Protocol):
    """What turns a `Drive` into levels."""

    def drive(self, drive: Drive) -> None: ...


class Bridge:
    """The two inputs of an H-bridge. One is off before the other goes on."""

    def __init__(self, opens: Any, closes: Any) -> None:
        self._opens, self._closes = opens, closes

    def drive(self, drive: Drive) -> None:
        try:
            if drive is not Drive.OPENING:
                self._opens.off()
        finally:  # a pin that fails must not keep the other one on
            if drive is not Drive.CLOSING:
                self._closes.off()
        if drive is Drive.OPENING:
            self._opens.on()
        elif drive is Drive.CLOSING:
            self._closes.on()


class Pulses:
    """The pulses of a servo, by their width.

    gpiozero hands lgpio only whole percents of the period, which at 50 Hz are steps of 0.2 ms. So the period is chosen
    for which the width is a whole percent: 15 to 25 ms, which every servo takes.
    """

    _NORMAL_US = 20_000

    def __init__(self, device: Any, lid: ServoLid) -> None:
        self._device = device
        self._width_us = {Drive.OPENING: lid.open_us, Drive.CLOSING: lid.closed_us}
        self._now = Drive.OFF

    def drive(self, drive: Drive) -> None:
        if drive is self._now:
            return
        if drive is Drive.OFF:
            self._device.value = 0
            self._device.frequency = None
        else:
            width_us = self._width_us[drive]
            percent = round(100 * width_us / self._NORMAL_US)
            self._device.frequency = percent * 10_000 / width_us
            self._device.value = percent / 100
        self._now = drive


class BinWires:
    """Claims the bin's pins on `lines` when it is made, and uses them until those are closed."""

    def __init__(self, settings: Bin, lines: Lines) -> None:
        wiring, lid = settings.wiring, settings.lid
        self._control: LidControl | None = None
        self._actuator: Actuator | None = None
        self._stops: tuple[Any, Any, Any] | None = None
        if isinstance(lid, ServoLid):
            self._control, self._actuator = ServoControl(lid.travel_s), Pulses(lines.pulses(lid.pin), lid)
        elif isinstance(lid, MotorLid):
            self._control = MotorControl(lid.longest_s)
            self._actuator = Bridge(lines.output(lid.open_pin), lines.output(lid.close_pin))
            # A cut end stop must not keep a lid from opening; a cut strain input must keep it from closing.
            self._stops = (
                lines.input(lid.open_stop_pin, lid.stop_reached, when_cut=False),
                lines.input(lid.closed_stop_pin, lid.stop_reached, when_cut=False),
                lines.input(lid.current_pin, lid.strained, when_cut=True),
            )
        self._guide, self._warning = lines.output(wiring.guide_lamp_pin), lines.output(wiring.warning_lamp_pin)
        # What warns of something warns when its wire is cut; a button is at rest then.
        self._hand = lines.input(wiring.hand_pin, wiring.hand_level, when_cut=True)
        self._beam = lines.input(wiring.beam_pin, wiring.beam_broken, when_cut=True)
        self._smoke = lines.input(wiring.smoke_pin, wiring.smoke_level, when_cut=True)
        self._button = lines.input(wiring.open_button_pin, wiring.button_pressed, when_cut=False)
        self.lamp = BinLamp.OFF

    def move(self, *, open: bool) -> None:
        if self._control is not None:
            self._control.ask(open=open)

    def sample(self, mono_s: float, celsius: float | None, thermometer_fault: str) -> BinInputs:
        """Read what is sensed, then move the lid by a step. Any error of the library goes through."""
        hand = self._hand() if self._hand else None
        position, fault = None, ""
        if self._control is not None and self._actuator is not None:
            outputs = self._control.step(mono_s, self._lid_inputs(hand))
            self._actuator.drive(outputs.drive)
            position, fault = outputs.position, outputs.fault
        self._show(*SIGNALS[self.lamp].lit(mono_s))
        return BinInputs(
            lid=position,
            hand=hand,
            beam_broken=self._beam() if self._beam else None,
            smoke=self._smoke() if self._smoke else None,
            celsius=celsius,
            open_pressed=self._button is not None and self._button(),
            lid_fault=fault,
            thermometer_fault=thermometer_fault,
        )

    def _lid_inputs(self, hand: bool | None) -> LidInputs:
        if self._stops is None:
            return LidInputs(hand=bool(hand))
        opened, closed, strained = self._stops
        return LidInputs(opened(), closed(), strained is not None and strained(), bool(hand))

    def _show(self, guide: bool, warning: bool) -> None:
        for device, on in ((self._guide, guide), (self._warning, warning)):
            if device is not None and bool(device.value) is not on:
                device.value = on

    def halt(self) -> None:
        """Nothing is driven until the next sample."""
        if self._control is not None and self._actuator is not None:
            self._control.halt()
            self._actuator.drive(Drive.OFF)
