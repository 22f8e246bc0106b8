"""A door that is not there: the GPIO driver on gpiozero's mock pins, and a visitor who behaves physically.

Once the lock is released the visitor opens the leaf after a moment; it falls shut again later, as a door closer
would make it. The leaf cannot open while the lock holds, unless somebody forces it (`force`). Fire panel, housing,
other door and the second button are there where the settings say so, and rest until they are moved.
"""

from __future__ import annotations

from typing import Any

from edge.config.schema import GpioDoor, SimulatedDoor
from edge.drivers.door import DoorInputs
from edge.drivers.door.gpio import GpioDoorPort
from edge.drivers.gpio import mock_factory
from edge.errors import HardwareError
from edge.events import LineState

_RELAY, _CONTACT, _EXIT, _GRANTED, _REFUSED = 17, 27, 22, 23, 24
_FIRE_REST, _FIRE_ALARM, _TAMPER, _OTHER_DOOR, _BUSY, _WIDE_EXIT = 5, 6, 13, 19, 26, 16
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
            fire_rest_pin=_FIRE_REST if settings.fire_line else -1,
            fire_alarm_pin=_FIRE_ALARM if settings.fire_line else -1,
            tamper_pin=_TAMPER if settings.tamper else -1,
            other_door_pin=_OTHER_DOOR if settings.other_door else -1,
            busy_pin=_BUSY if settings.other_door else -1,
            wide_exit_pin=_WIDE_EXIT if settings.wide_exit else -1,
        )
        super().__init__(wiring, mock_factory)
        self._settings = settings
        self._released_s: float | None = None
        self._opened_s: float | None = None
        self._started_s: float | None = None
        self._pressed_until_s = {_EXIT: float("-inf"), _WIDE_EXIT: float("-inf")}
        self._presses = 0
        self._propped_until_s = float("-inf")

    def open(self) -> None:
        super().open()
        self._drive(_CONTACT, high=False)
        if self._settings.fire_line:
            self.set_fire(LineState.NORMAL)
        if self._settings.tamper:
            self.shut_housing()
        if self._settings.other_door:
            self.other_door(open=False)

    def _pin(self, number: int) -> Any:
        return self._lines.factory.pin(number)

    def _drive(self, number: int, *, high: bool) -> None:
        pin = self._pin(number)
        if high:
            pin.drive_high()
        else:
            pin.drive_low()

    def relay_energised(self) -> bool:
        """What a meter at the relay's coil would show."""
        return bool(self._relay.value)

    def force(self, mono_s: float) -> None:
        """Somebody breaks the door open."""
        self._opened_s = mono_s
        self._drive(_CONTACT, high=True)

    def prop_open(self, until_s: float) -> None:
        """Somebody keeps the leaf from falling shut once it is open."""
        self._propped_until_s = until_s

    def press_exit(self, mono_s: float) -> None:
        """Somebody presses the button on the inside."""
        self._pressed_until_s[_EXIT] = mono_s + _PRESS_S

    def press_wide_exit(self, mono_s: float) -> None:
        """Somebody presses the button for those who need longer."""
        self._needs(self._settings.wide_exit, "wide_exit")
        self._pressed_until_s[_WIDE_EXIT] = mono_s + _PRESS_S

    def set_fire(self, state: LineState) -> None:
        """The fire panel rests or gives the alarm, or its wires are cut or bridged. A closed contact pulls down."""
        self._needs(self._settings.fire_line, "fire_line")
        self._drive(_FIRE_REST, high=state not in (LineState.NORMAL, LineState.SHORT))
        self._drive(_FIRE_ALARM, high=state not in (LineState.ALARM, LineState.SHORT))

    def open_housing(self) -> None:
        """Somebody opens the housing, or cuts its contact's wire."""
        self._needs(self._settings.tamper, "tamper")
        self._drive(_TAMPER, high=True)

    def shut_housing(self) -> None:
        """The housing is shut again."""
        self._needs(self._settings.tamper, "tamper")
        self._drive(_TAMPER, high=False)

    def other_door(self, *, open: bool) -> None:
        """The other door of the interlock is released or opened, or shut."""
        self._needs(self._settings.other_door, "other_door")
        self._drive(_OTHER_DOOR, high=open)

    def busy(self) -> bool:
        """What the device of the other door sees of this one; also when the line is dead."""
        self._needs(self._settings.other_door, "other_door")
        return self._lines.factory is None or not self._pin(_BUSY).state

    @staticmethod
    def _needs(wired: bool, key: str) -> None:
        if not wired:
            raise HardwareError("this input is not wired", hint=f"set {key} = true under [door]")

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
        for button, until_s in self._pressed_until_s.items():
            self._drive(button, high=now_s >= until_s)
        released = self.relay_energised()
        if self._opened_s is not None:
            if now_s >= max(self._opened_s + settings.closes_after_s, self._propped_until_s):
                self._opened_s = self._released_s = None
                self._drive(_CONTACT, high=False)
        elif not released:
            self._released_s = None
        elif self._released_s is None:
            self._released_s = now_s
        elif now_s - self._released_s >= settings.opens_after_s:
            self._opened_s = now_s
            self._drive(_CONTACT, high=True)
