"""Signals that come while the daemon still imports and reads: nothing is held yet, so it can simply be gone."""

from __future__ import annotations

import faulthandler
import os
import signal
from types import FrameType


def leave_at_once() -> None:
    """Until `Process.run` takes over, SIGTERM and SIGINT end the process with exit code 0; SIGUSR1 dumps threads.

    Not a note that somebody reads later: on a small computer the imports take longer than a stop may.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    faulthandler.register(signal.SIGUSR1, all_threads=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)
