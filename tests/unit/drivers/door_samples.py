"""Mock pins that keep the level which a wire gives them, also while a program claims and releases them."""

from __future__ import annotations

from typing import Any

from gpiozero.pins.mock import MockFactory, MockPWMPin

from edge.config.schema import GpioDoor
from edge.events import LineState

RELAY, CONTACT, EXIT, REST, ALARM, TAMPER, OTHER, BUSY, WIDE = 17, 27, 22, 5, 6, 13, 19, 26, 16

FULL = GpioDoor(
    driver="gpio",
    relay_pin=RELAY,
    contact_pin=CONTACT,
    exit_pin=EXIT,
    fire_rest_pin=REST,
    fire_alarm_pin=ALARM,
    tamper_pin=TAMPER,
    other_door_pin=OTHER,
    busy_pin=BUSY,
    wide_exit_pin=WIDE,
)
CLOSED = {
    LineState.NORMAL: (True, False),
    LineState.ALARM: (False, True),
    LineState.OPEN: (False, False),
    LineState.SHORT: (True, True),
}


class WiredPin(MockPWMPin):
    wire: bool | None = None  # None: cut, and the pull resistor decides

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        if self.wire is not None:
            self._change_state(float(self.wire))


class Wired:
    """A header whose inputs are wired; it outlives every program that claims it."""

    def __init__(self) -> None:
        self.factory: Any = MockFactory(pin_class=WiredPin)
        for pin, high in ((CONTACT, False), (TAMPER, False), (OTHER, False), (EXIT, True), (WIDE, True)):
            self.wire(pin, high)
        self.fire(LineState.NORMAL)

    def make(self) -> tuple[Any, tuple[type[Exception], ...]]:
        return self.factory, ()

    def pin(self, number: int) -> Any:
        return self.factory.pin(number)

    def wire(self, number: int, high: bool | None) -> None:
        """Give an input a level, or cut its wire."""
        pin = self.pin(number)
        pin.wire = high
        level = pin._pull == "up" if high is None else high
        (pin.drive_high if level else pin.drive_low)()

    def fire(self, state: LineState) -> None:
        rest, alarm = CLOSED[state]
        self.wire(REST, not rest)
        self.wire(ALARM, not alarm)
