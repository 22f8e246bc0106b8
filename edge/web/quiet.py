"""Libraries tell of what goes wrong with a connection, with a traceback each: who connects must not fill the log so."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

MOST = 5
EVERY_S = 60.0


class Sparing(logging.Filter):
    """Lets the first `MOST` records of each minute through; the next one after it says how many were left out."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._since_s = float("-inf")
        self._seen = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is told."""
        with self._lock:
            left_out = 0
            if self._monotonic() - self._since_s >= EVERY_S:
                left_out = max(0, self._seen - MOST)
                self._since_s, self._seen = self._monotonic(), 0
            self._seen += 1
            if left_out:
                record.msg, record.args = f"{record.getMessage()} (and {left_out} more before that)", ()
            return self._seen <= MOST
