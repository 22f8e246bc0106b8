"""Reads the door's inputs and posts what has changed, once it is stable."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event as Flag

from edge.drivers.debounce import Told
from edge.drivers.door import DoorInputs, DoorPort
from edge.events import (
    ContactChanged,
    Event,
    ExitPressed,
    FireLineChanged,
    LineState,
    OtherDoorChanged,
    TamperChanged,
    WideExitPressed,
)
from edge.runtime.faults import FaultDesk

COMPONENT = "contacts"
SAMPLE_S = 0.02
RETRY_S = 0.25
OTHER_OPEN_S = 120.0
"""So long another door may read as open; after that its wire may be cut, and must keep nobody inside."""


class ContactsWorker:
    """Posts what the door's inputs say, each level that is new and each press. `post` returns False when the inbox is
    full: then what changed is offered again at the next look, so no change is ever lost.
    """

    def __init__(
        self,
        door: DoorPort,
        post: Callable[[Event], bool],
        faults: FaultDesk,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._door = door
        self._post = post
        self._faults = faults
        self._clock = clock
        self._stop = Flag()
        self._fire: Told[LineState] = Told(stable_s=0.0)  # the port has seen to that
        self._contact: Told[bool] = Told()
        self._tamper: Told[bool] = Told()
        self._other: Told[tuple[bool | None]] = Told()
        self._button: Told[bool] = Told(at_rest=False)
        self._wide_button: Told[bool] = Told(at_rest=False)
        self._other_open_since_s: float | None = None
        self._failing: bool | None = None  # a predecessor may have failed

    def start(self) -> None:
        """The door was opened by whoever made it: its relay must be safe before any worker runs."""

    def step(self) -> None:
        self._stop.wait(RETRY_S if self._failing else SAMPLE_S)
        if not self._stop.is_set():
            self.look()

    def look(self) -> None:
        """Sample once and post what is new."""
        now_s = self._clock()
        try:
            inputs = self._door.sample(now_s)
        except OSError as error:
            self._lost(str(error), now_s)
            return
        if self._failing is not False:
            self._faults.recovered(COMPONENT)
            self._failing = False
        self._tell(inputs, now_s)

    def _lost(self, why: str, now_s: float) -> None:
        if not self._failing:
            self._faults.fault(COMPONENT, "unreadable", why)
            self._failing = True
            for told in (self._fire, self._contact, self._tamper):
                told.forget()
        if self._other.last is not None:  # nobody was told of an other door that is not there
            self._tell_other(None, now_s)

    def _tell(self, inputs: DoorInputs, now_s: float) -> None:
        post = self._post
        if inputs.fire is not None:
            self._fire.offer(inputs.fire, now_s, lambda state: post(FireLineChanged(state)))
        if inputs.contact_open is not None:
            self._contact.offer(inputs.contact_open, now_s, lambda is_open: post(ContactChanged(is_open)))
        if inputs.tamper_open is not None:
            self._tamper.offer(inputs.tamper_open, now_s, lambda is_open: post(TamperChanged(is_open)))
        if inputs.other_open is not None:
            self._tell_other(self._known(inputs.other_open, now_s), now_s)
        self._button.offer(inputs.exit_pressed, now_s, lambda pressed: not pressed or post(ExitPressed()))
        self._wide_button.offer(inputs.wide_exit_pressed, now_s, lambda pressed: not pressed or post(WideExitPressed()))

    def _known(self, other_open: bool, now_s: float) -> bool | None:
        if not other_open:
            self._other_open_since_s = None
            return False
        if self._other_open_since_s is None:
            self._other_open_since_s = now_s
        return True if now_s - self._other_open_since_s <= OTHER_OPEN_S else None

    def _tell_other(self, is_open: bool | None, now_s: float) -> None:
        # Within a tuple, since None is something to be told here, and nothing yet to `Told`.
        self._other.offer((is_open,), now_s, lambda known: self._post(OtherDoorChanged(*known)))

    def stop(self) -> None:
        """The door outlives this worker: whoever opened it closes it."""

    def wake(self) -> None:
        self._stop.set()
