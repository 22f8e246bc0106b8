"""Reads the door's inputs and posts what has changed, once it is stable."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event as Flag

from edge.drivers.door import DoorPort
from edge.events import ContactChanged, Event, ExitPressed
from edge.runtime.faults import FaultDesk

COMPONENT = "contacts"
# Fifty looks a second: a press of the button lasts longer than 50 ms, a bouncing contact settles within 20.
SAMPLE_S = 0.02
STABLE_S = 0.03
RETRY_S = 0.25


class Debounced:
    """A level counts when it has stood for `STABLE_S`; edges are never counted."""

    def __init__(self) -> None:
        self._candidate: bool | None = None
        self._since_s = 0.0

    def stable(self, level: bool, mono_s: float) -> bool | None:
        """The level, if it has been this one long enough; None while it still bounces."""
        if level != self._candidate:
            self._candidate, self._since_s = level, mono_s
        return level if mono_s - self._since_s >= STABLE_S else None


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
        self._contact, self._button = Debounced(), Debounced()
        self._told_open: bool | None = None
        self._told_pressed = False
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
                self._failing, self._told_open = True, None
            return
        if self._failing is not False:
            self._faults.recovered(COMPONENT)
            self._failing = False
        if inputs.contact_open is not None:
            is_open = self._contact.stable(inputs.contact_open, now_s)
            if is_open is not None and is_open != self._told_open and self._post(ContactChanged(is_open)):
                self._told_open = is_open
        pressed = self._button.stable(inputs.exit_pressed, now_s)
        if pressed is not None and pressed != self._told_pressed and (not pressed or self._post(ExitPressed())):
            self._told_pressed = pressed

    def stop(self) -> None:
        """The door outlives this worker: whoever opened it closes it."""

    def wake(self) -> None:
        self._stop.set()
