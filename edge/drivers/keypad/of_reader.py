"""The keys of the card reader, which its own worker hears and hands over."""

from __future__ import annotations

import threading

_MOST_KEYS = 64


class ReaderKeys:
    """A Keypad. `offer` is called by the card reader's thread; keys beyond 64 that nobody took are dropped."""

    def __init__(self) -> None:
        self._came = threading.Condition()
        self._keys = ""
        self.refused = 0

    def offer(self, keys: str) -> None:
        """Keys that were pressed at the reader."""
        with self._came:
            taken = keys[: _MOST_KEYS - len(self._keys)]
            self.refused += len(keys) - len(taken)
            self._keys += taken
            self._came.notify()

    def open(self) -> None:
        with self._came:
            self._keys = ""

    def read(self, timeout_s: float) -> str:
        with self._came:
            if not self._keys:
                self._came.wait(timeout_s)
            keys, self._keys = self._keys, ""
            return keys

    def close(self) -> None:
        """The reader is its worker's."""
