"""Carries out the brain's actions: the relay at once, everything else by handing it on without waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.actions import Action, Announce, Answer, DriveRelay, Report, ShowLamp, Speak, TakePicture
from edge.clock import Now
from edge.drivers.door import DoorPort
from edge.errors import HardwareError

log = logging.getLogger(__name__)


class Dispatcher:
    """None of the callables may block: they put into mailboxes of other threads. One that has no room counts it."""

    def __init__(
        self,
        door: DoorPort | None,
        say: Callable[[Speak], bool],
        submit: Callable[[Report, Now], None],
        announce: Callable[[Announce], object],
        photograph: Callable[[TakePicture], object],
        answer: Callable[[Answer], object],
    ) -> None:
        self._door = door
        self._say = say
        self._submit = submit
        self._announce = announce
        self._photograph = photograph
        self._answer = answer
        self.relay_on = 0
        self.relay_off = 0
        self.energised = False

    def carry_out(self, actions: Sequence[Action], now: Now) -> None:
        """In order. A door that cannot be driven raises HardwareError, after the reports were handed on; an order
        that came with it is then answered as refused.
        """
        failure: HardwareError | None = None
        for action in actions:
            match action:
                case DriveRelay() | ShowLamp():
                    try:
                        self._drive(action)
                    except HardwareError as error:
                        failure = error
                case Speak():
                    self._say(action)
                case Report():
                    self._submit(action, now)
                case Announce():
                    self._announce(action)
                case TakePicture():
                    self._photograph(action)
                case Answer():
                    self._answer(action if failure is None else _failed(action, failure))
        if failure is not None:
            raise failure

    def _drive(self, action: DriveRelay | ShowLamp) -> None:
        if self._door is None:
            return
        if isinstance(action, ShowLamp):
            self._door.show_lamp(action.lamp)
            return
        self._door.drive_relay(on=action.on)
        if action.on != self.energised:
            self.energised = action.on
            self.relay_on += action.on
            self.relay_off += not action.on

    def safe(self) -> bool:
        """The relay off, from whichever thread has to do it; False, and loudly said, when it cannot be driven."""
        try:
            self._drive(DriveRelay(on=False))
        except HardwareError as error:
            log.critical("the lock relay cannot be driven to its safe level: %s", error)
            return False
        return True


def _failed(answer: Answer, failure: HardwareError) -> Answer:
    return replace(answer, applied=False, reason="hardware", detail=failure.message)
