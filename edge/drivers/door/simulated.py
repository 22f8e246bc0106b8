"""A door that is not there: the GPIO driver on gpiozero's mock pins, and a visitor who behaves physically.

Once the lock is released the visitor opens the leaf after a moment; it falls shut again later, as a door closer
would make it. The leaf cannot open while the lock holds, unless somebody forces it (`force`).
"""

from __future__ import annotations

from typing import Any

from edge.config.schema import GpioDoor, SimulatedDoor
from edge.drivers.door import DoorInputs
from edge.drivers.door.gpio import GpioDoorPort
from edge.drivers.gpio import mock_factory

_RELAY, _CONTACT, _EXIT, _GRANTED, _REFUSED = 17, 27, 22, 23, 24
_PRESS_S = 0.2


class SimulatedDoorPort(GpioDoorPort):
    """Moves the mock pins whenever the inputs are sampled, by the time given."""

    def __init__(self, settings: SimulatedDoor) -> None:
        wiring = GpioDoor(
            driver="gpio",
            relay_pin=_RELAY,
            relay_active=settings.relay_active,
            contact_pin=_CONTACT,
            contact_open="high",
            exit_pin=_EXIT,
            exit_pressed="low",
            granted_lamp_pin=_GRANTED,
            refused_lamp_pin=_REFUSED,
        )
        super().__init__(wiring, mock_factory)
        self._settings = settings
        self._released_s: float | None = None
        self._opened_s: float | None = None
        self._started_s: float | None = None
        self._pressed_until_s = float("-inf")
        self._presses = 0

    def open(self) -> None:
        super().open()
        self._pin(_CONTACT).drive_low()

    def _pin(self, number: int) -> Any:
        return self._lines.factory.pin(number)

    def relay_energised(self) -> bool:
        """What a meter at the relay's coil would show."""
        return bool(self._relay.value)

    def force(self, mono_s: float) -> None:
        """Somebody breaks the door open."""
        self._opened_s = mono_s
        self._pin(_CONTACT).drive_high()

    def press_exit(self, mono_s: float) -> None:
        """Somebody presses the button on the inside."""
        self._pressed_until_s = mono_s + _PRESS_S

    def sample(self, mono_s: float) -> DoorInputs:
        if self._lines.factory is not None:
            self._move(mono_s)
        return super().sample(mono_s)

    def _move(self, now_s: float) -> None:
        settings = self._settings
        if self._started_s is None:
            self._started_s = now_s
        if settings.exit_every_s and now_s - self._started_s >= (self._presses + 1) * settings.exit_every_s:
            self._presses += 1
            self.press_exit(now_s)
        exit_pin = self._pin(_EXIT)
        if now_s < self._pressed_until_s:
            exit_pin.drive_low()
        else:
            exit_pin.drive_high()
        released = self.relay_energised()
        if self._opened_s is not None:
            if now_s - self._opened_s >= settings.closes_after_s:
                self._opened_s = self._released_s = None
                self._pin(_CONTACT).drive_low()
        elif not released:
            self._released_s = None
        elif self._released_s is None:
            self._released_s = now_s
        elif now_s - self._released_s >= settings.opens_after_s:
            self._opened_s = now_s
            self._pin(_CONTACT).drive_high()
