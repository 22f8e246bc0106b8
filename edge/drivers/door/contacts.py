"""Reads the door's inputs and posts what has changed, once it is stable."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event as Flag

from edge.drivers.debounce import Told
from edge.drivers.door import DoorPort
from edge.events import ContactChanged, Event, ExitPressed
from edge.runtime.faults import FaultDesk

COMPONENT = "contacts"
SAMPLE_S = 0.02
RETRY_S = 0.25


class ContactsWorker:
    """Posts ContactChanged and ExitPressed. `post` returns False when the inbox is full: then what changed is
    offered again at the next look, so no change is ever lost.
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
        self._contact: Told[bool] = Told()
        self._button: Told[bool] = Told(at_rest=False)
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
            if not self._failing:
                self._faults.fault(COMPONENT, "unreadable", str(error))
                self._failing = True
                self._contact.forget()
            return
        if self._failing is not False:
            self._faults.recovered(COMPONENT)
            self._failing = False
        if inputs.contact_open is not None:
            self._contact.offer(inputs.contact_open, now_s, lambda is_open: self._post(ContactChanged(is_open)))
        self._button.offer(inputs.exit_pressed, now_s, lambda pressed: not pressed or self._post(ExitPressed()))

    def stop(self) -> None:
        """The door outlives this worker: whoever opened it closes it."""

    def wake(self) -> None:
        self._stop.set()
