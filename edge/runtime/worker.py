"""A worker: something with a synchronous `step()`, and the thread that runs it.

`step` does one bounded piece of work and returns; it never loops. So a worker can be tested by calling it, the
thread can be told to stop between two steps, and a step that does not return is a hang that can be seen.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

log = logging.getLogger(__name__)


class Worker(Protocol):
    """The work. All three calls are made on the worker's own thread."""

    def start(self) -> None:
        """Acquire what is needed. May raise."""
        ...

    def step(self) -> None:
        """One bounded piece of work; waits at most about a quarter of a second. May raise."""
        ...

    def stop(self) -> None:
        """Release what was acquired; called after `start`, also after a failure."""
        ...

    def wake(self) -> None:
        """Called from another thread: let a waiting `step` return early."""
        ...


class WorkerThread:
    """One run of one worker. A dead or hung run is abandoned and replaced by a new one, never revived."""

    def __init__(self, name: str, worker: Worker) -> None:
        self.name = name
        self.worker = worker
        self.failure: Exception | None = None
        self.steps = 0
        self._beat = time.monotonic()
        self._stop = threading.Event()
        # A daemon thread: one stuck in a library's call must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def launch(self) -> None:
        self._beat = time.monotonic()
        self._thread.start()

    def _run(self) -> None:
        try:
            try:
                self.worker.start()
                self._beat = time.monotonic()
                while not self._stop.is_set():
                    self.worker.step()
                    self.steps += 1
                    self._beat = time.monotonic()
            finally:
                self.worker.stop()
        except Exception as failure:  # the thread boundary; the supervisor decides
            self.failure = failure
            log.error("worker %s failed: %s", self.name, failure, exc_info=failure)

    def signal(self) -> None:
        """Ask the thread to end; does not wait."""
        self._stop.set()
        self.worker.wake()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; returns whether it came."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def since_beat_s(self) -> float:
        """Seconds since the last completed step."""
        return time.monotonic() - self._beat
