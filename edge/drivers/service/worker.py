"""Watches the service button, and keeps the file that says until when the device's own page may answer.

Whoever gets at the button could press it for ever, and a loose wire does: an hour out of three is what all windows
together may last.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from typing import Any

from edge.actions import Priority, Report
from edge.drivers.service import ServiceButton
from edge.drivers.service.press import Press, PressWatch
from edge.errors import EdgeError
from edge.runtime.faults import FaultDesk
from edge.runtime.service_window import ACCESS_POINT_FILE, OPEN_S, WINDOW_FILE, open_until, open_window

log = logging.getLogger(__name__)

COMPONENT = "service-button"
SAMPLE_S = 0.02
RETRY_S = 10.0
_WAIT_S = 0.25
MOST_OPENINGS, WITHIN_S = 6, 3 * 3600.0
_TOO_OFTEN = "pressed too often: it opens nothing for a while; look for a loose wire, or who is at it"


class ServiceWindow:
    """The window itself, which outlives the worker that watches the button."""

    def __init__(self, runtime_dir: Path, bootid: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._request = runtime_dir / WINDOW_FILE, runtime_dir / ACCESS_POINT_FILE
        self._bootid = bootid
        self._openings: deque[float] = deque(maxlen=MOST_OPENINGS)
        self.until_s = open_until(self._path, bootid, clock())  # of a daemon before this one

    def spent(self, now_s: float) -> bool:
        """Whether it was opened too often to be opened now."""
        return len(self._openings) == MOST_OPENINGS and now_s - self._openings[0] < WITHIN_S

    def open(self, now_s: float, *, access_point: bool) -> None:
        """Open it, or keep it open for another ten minutes. Raises OSError."""
        self.until_s = open_window(self._path, self._bootid, now_s)
        if access_point:
            open_window(self._request, self._bootid, now_s)
        self._openings.append(now_s)

    def shut_if_over(self, now_s: float) -> bool:
        """Whether it has just run out."""
        if self.until_s is None or now_s < self.until_s:
            return False
        self.until_s = None
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s stays; what it says is over: %s", self._path, error)
        return True


class ServiceButtonWorker:
    """A button that cannot be read is a fault and tried again, for ever; the door does not depend on it."""

    def __init__(
        self,
        button: ServiceButton,
        window: ServiceWindow,
        submit: Callable[[Report], object],
        faults: FaultDesk,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.button, self._window = button, window
        self._submit, self._faults = submit, faults
        self._clock = clock
        self._watch = PressWatch()
        self._stop = Flag()
        self._claimed = self._readable = False
        self._wrong: str | None = "?"  # a predecessor may have failed
        self._next_s = float("-inf")
        self.looks = 0

    def start(self) -> None:
        """Opening is the first look's work: a button that is missing at boot is a fault, not a crash."""

    def step(self) -> None:
        self._stop.wait(SAMPLE_S if self._claimed else _WAIT_S if self._next_s > self._clock() else 0.0)
        if not self._stop.is_set():
            self.look()

    def look(self) -> None:
        """Sample once, and do what a press asks for."""
        now_s = self._clock()
        self._shut(now_s)
        if now_s < self._next_s:
            return
        try:
            if not self._claimed:
                self.button.open()
                self._claimed = True
            press = self._watch.look(self.button.pressed(), now_s)
            self.looks += 1
        except (EdgeError, OSError) as error:
            self._lost(str(error), now_s)
            return
        if not self._readable:
            self._readable = True
            self._judge(None)
        if press is Press.STUCK:
            self._judge("stuck: it is held down, and opens nothing; dry it, or look for a bridged wire")
        elif press is Press.FREED:
            self._judge(None)
        elif press is not None:
            self._open(now_s, access_point=press is Press.LONG)

    def _open(self, now_s: float, *, access_point: bool) -> None:
        try:
            if self._window.spent(now_s):
                self._judge(_TOO_OFTEN)
                return
            self._window.open(now_s, access_point=access_point)
        except OSError as error:
            self._judge(f"the window cannot be opened: {error}")
            return
        self._judge(None)
        log.warning("the service window is open for %.0f s", OPEN_S)
        data = {"open_s": OPEN_S, "access_point": access_point}
        self._submit(Report("service.opened", data, priority=Priority.ALARM))

    def _shut(self, now_s: float) -> None:
        if self._wrong == _TOO_OFTEN and not self._window.spent(now_s):
            self._judge(None)
        if self._window.shut_if_over(now_s):
            log.warning("the service window is shut")
            self._submit(Report("service.closed", priority=Priority.ALARM))

    def _lost(self, why: str, now_s: float) -> None:
        self._readable = False
        self._release()
        self._watch.forget()
        self._judge(f"unreadable: {why}")
        self._next_s = now_s + RETRY_S

    def _judge(self, wrong: str | None) -> None:
        """Tell the faults' desk what is wrong, or that nothing is any more; repetitions are not told."""
        if wrong == self._wrong:
            return
        self._wrong = wrong
        if wrong is None:
            self._faults.recovered(COMPONENT)
        else:
            what, _, detail = wrong.partition(": ")
            log.error("%s: %s", COMPONENT, wrong)
            self._faults.fault(COMPONENT, what, detail)

    def _release(self) -> None:
        self._claimed = False
        try:
            self.button.close()
        except (EdgeError, OSError) as error:
            log.warning("%s did not close cleanly: %s", COMPONENT, error)

    def status(self) -> dict[str, Any]:
        """For the status board: whether the window is open now."""
        return {"open": self._window.until_s is not None, "working": self._claimed}

    def stop(self) -> None:
        self._release()

    def wake(self) -> None:
        self._stop.set()
