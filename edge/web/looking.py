"""What all open pages look at together: the camera's newest picture and the status, each asked for once for everybody.

However many browsers look, the daemon is asked for at most five pictures a second, and the disk for one status.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from edge.errors import EdgeError
from edge.local.client import Desk, Shown
from edge.runtime.status import read_status

PICTURE_S = 0.2
STATE_S = 0.5
WIDTH_PX = 640
CAMERAS = ("people", "station")

Made = TypeVar("Made")


class Shared(Generic[Made]):
    """The answer to a question that many ask, asked again once it is older than `fresh_s`. An error is shared, too."""

    def __init__(self, ask: Callable[[], Made], fresh_s: float) -> None:
        self._ask = ask
        self._fresh_s = fresh_s
        self._lock = threading.Lock()
        self._asked_s = float("-inf")
        self._answer: Made | None = None
        self._trouble: EdgeError | None = None

    def get(self) -> Made:
        """Raises what the question raised."""
        with self._lock:
            if time.monotonic() - self._asked_s >= self._fresh_s:
                self._answer = self._trouble = None
                try:
                    self._answer = self._ask()
                except EdgeError as error:
                    self._trouble = error
                self._asked_s = time.monotonic()
            if self._answer is None:
                assert self._trouble is not None
                raise self._trouble
            return self._answer


class Looking:
    """From any thread."""

    def __init__(self, runtime_dir: Path) -> None:
        desk = Desk(runtime_dir, "page")
        self._pictures = {name: Shared(partial(desk.frame, name, width_px=WIDTH_PX), PICTURE_S) for name in CAMERAS}
        self._status: Shared[dict[str, Any]] = Shared(lambda: read_status(runtime_dir), STATE_S)

    def picture(self, camera: str) -> Shown:
        """With what was found drawn in. Raises HardwareError, RefusedError."""
        return self._pictures[camera].get()

    def status(self) -> dict[str, Any]:
        """What the daemon last wrote of itself. Raises HardwareError, DataError."""
        return self._status.get()
