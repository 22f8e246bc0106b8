"""Carries out the brain's actions: relay, lamps and lids at once, all else by handing it on without waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.actions import (
    Action,
    Announce,
    Answer,
    CheckPin,
    DriveRelay,
    KeepClip,
    KeepFailures,
    KeepItem,
    LightBin,
    MoveLid,
    Report,
    ShowLamp,
    Speak,
    TakePicture,
)
from edge.clock import Now
from edge.drivers.door import DoorPort
from edge.drivers.station import StationPort
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
        *,
        station: StationPort | None = None,
        keep_clip: Callable[[KeepClip], object] = lambda _order: None,
        keep_item: Callable[[KeepItem], object] = lambda _order: None,
        check_pin: Callable[[CheckPin], object] = lambda _order: None,
        keep_failures: Callable[[KeepFailures], object] = lambda _order: None,
    ) -> None:
        self._door = door
        self._say = say
        self._submit = submit
        self._announce = announce
        self._photograph = photograph
        self._answer = answer
        self._station = station
        self._keep_clip = keep_clip
        self._keep_item = keep_item
        self._check_pin = check_pin
        self._keep_failures = keep_failures
        self.relay_on = 0
        self.relay_off = 0
        self.energised = False
        self._bins_failing = False

    def carry_out(self, actions: Sequence[Action], now: Now) -> None:
        """In order. A door that cannot be driven raises HardwareError, after everything else was carried out; an order
        that came with it is then answered as refused. A lid that cannot be driven is no reason to stop deciding: its
        wires' own worker tells the fault, and a gate beside it goes on.
        """
        failure: HardwareError | None = None
        refused: HardwareError | None = None
        for action in actions:
            match action:
                case DriveRelay() | ShowLamp():
                    try:
                        self._drive(action)
                    except HardwareError as error:
                        failure = refused = error
                case MoveLid() | LightBin():
                    refused = self._try_bin(action) or refused
                case Speak():
                    self._say(action)
                case Report():
                    self._submit(action, now)
                case Announce():
                    self._announce(action)
                case TakePicture():
                    self._photograph(action)
                case KeepClip():
                    self._keep_clip(action)
                case KeepItem():
                    self._keep_item(action)
                case CheckPin():
                    self._check_pin(action)
                case KeepFailures():
                    self._keep_failures(action)
                case Answer():
                    self._answer(action if refused is None else _failed(action, refused))
        if failure is not None:
            raise failure

    def _drive(self, action: DriveRelay | ShowLamp) -> None:
        if self._door is not None:
            self._drive_door(self._door, action)

    def _try_bin(self, action: MoveLid | LightBin) -> HardwareError | None:
        try:
            self._drive_bin(action)
        except HardwareError as error:
            if not self._bins_failing:
                log.error("%s", error)
            self._bins_failing = True
            return error
        self._bins_failing = False
        return None

    def _drive_door(self, door: DoorPort, action: DriveRelay | ShowLamp) -> None:
        if isinstance(action, ShowLamp):
            door.show_lamp(action.lamp)
            return
        door.drive_relay(on=action.on)
        if action.on != self.energised:
            self.energised = action.on
            self.relay_on += action.on
            self.relay_off += not action.on

    def _drive_bin(self, action: MoveLid | LightBin) -> None:
        if self._station is None:
            raise HardwareError(f"the bin {action.bin} has no wires", hint="[station] names them")
        if isinstance(action, MoveLid):
            self._station.move_lid(action.bin, open=action.open)
        else:
            self._station.light(action.bin, action.lamp)

    def safe(self) -> bool:
        """The relay off and every lid on its way up, from whichever thread has to do it; False, and loudly said, when
        one of them cannot be driven.
        """
        safe = True
        try:
            self._drive(DriveRelay(on=False))
        except HardwareError as error:
            log.critical("the lock relay cannot be driven to its safe level: %s", error)
            safe = False
        if self._station is not None:
            try:
                self._station.open_all()
            except HardwareError as error:
                log.critical("the lids cannot be opened: %s", error)
                safe = False
        return safe


def _failed(answer: Answer, failure: HardwareError) -> Answer:
    return replace(answer, applied=False, reason="hardware", detail=failure.message)
