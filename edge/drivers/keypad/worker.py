"""Reads the keypad and posts what was typed; a keypad that is gone is tried again, for ever."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event as Flag
from typing import Any

from edge.drivers.keypad import Keypad
from edge.drivers.keypad.entry import Entry
from edge.errors import EdgeError
from edge.events import PinTyped
from edge.runtime.faults import FaultDesk

log = logging.getLogger(__name__)

COMPONENT = "keypad"
READ_S = 0.25
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)


class KeypadWorker:
    """Faults are told as transitions under the name `keypad`. What was typed goes to `post` and nowhere else; when that
    has no room it is dropped and counted, and its owner types it again.
    """

    def __init__(
        self,
        make: Callable[[], Keypad],
        post: Callable[[PinTyped], bool],
        faults: FaultDesk,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._post = post
        self._faults = faults
        self._clock = clock
        self._keypad: Keypad | None = None
        self._entry = Entry()
        self._stop = Flag()
        self._next_s = float("-inf")
        self._tries = 0
        self._failing: bool | None = None  # a predecessor may have failed
        self.typed = self.dropped = 0

    def start(self) -> None:
        """Opening is the first step's work: a keypad that is missing at boot is a fault, not a crash."""

    def step(self) -> None:
        wait_s = self._next_s - self._clock()
        if wait_s > 0:
            self._stop.wait(min(wait_s, READ_S))
            return
        try:
            if self._keypad is None:
                self._keypad = self._make()
                self._keypad.open()
            self._read(self._keypad)
        except (EdgeError, OSError) as error:
            self._fault(error)

    def _read(self, keypad: Keypad) -> None:
        keys = keypad.read(READ_S)
        now_s = self._clock()
        if self._stop.is_set():  # this run may have been given up while it hung in `read`
            return
        if self._failing is not False:
            if self._failing:
                log.info("%s works again", COMPONENT)
            self._failing, self._tries = False, 0
            self._faults.recovered(COMPONENT)
        self._entry.lapse(now_s)
        for key in keys:
            typed = self._entry.press(key, now_s)
            if typed is not None:
                self.typed += 1
                self.dropped += not self._post(typed)

    def _fault(self, error: Exception) -> None:
        self._release()
        self._entry.clear()
        if not self._failing and not self._stop.is_set():
            log.error("%s: %s", COMPONENT, error)
            self._faults.fault(COMPONENT, "cannot be read", str(error))
            self._failing = True
        self._next_s = self._clock() + RETRY_S[min(self._tries, len(RETRY_S) - 1)]
        self._tries += 1

    def _release(self) -> None:
        keypad, self._keypad = self._keypad, None
        if keypad is None:
            return
        try:
            keypad.close()
        except (EdgeError, OSError, RuntimeError) as error:
            log.warning("%s did not close cleanly: %s", COMPONENT, error)

    def status(self) -> dict[str, Any]:
        """For the status board."""
        keypad = self._keypad
        figures = {"typed": self.typed, "dropped": self.dropped, "refused": keypad.refused if keypad else 0}
        return {"working": keypad is not None and not self._failing, "figures": figures}

    def stop(self) -> None:
        self._release()

    def wake(self) -> None:
        self._stop.set()
