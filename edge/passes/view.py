"""What is held to the camera now, so that a code which stays in view is one showing of it. Pure, but for its memory."""

from __future__ import annotations

AWAY_S = 5.0
"""A code that was not legible for so long has left; hands shake, so a shorter gap is the same showing."""

HINT_AFTER_S = 1.0
"""A code that is no pass is spoken of when it stays: a parcel carried past is not held to the camera."""

_MOST = 32


class View:
    """The codes in view, by a key of the caller's. Times are monotonic seconds. When more than 32 come within five
    seconds the one seen longest ago is forgotten: should it come again, that is a new showing, and costs a use.
    """

    def __init__(self) -> None:
        self._since: dict[bytes, float] = {}
        self._seen: dict[bytes, float] = {}
        self._told: set[bytes] = set()

    def first(self, key: bytes, now_s: float, after_s: float = 0.0) -> bool:
        """Note that it is in view. True once in each showing, when it has been there for `after_s`."""
        if now_s - self._seen.pop(key, float("-inf")) >= AWAY_S:
            self._since[key] = now_s
            self._told.discard(key)
        self._seen[key] = now_s  # at the end: the first one is the one seen longest ago
        while len(self._seen) > _MOST:
            self._forget(next(iter(self._seen)))
        if key in self._told or now_s - self._since[key] < after_s:
            return False
        self._told.add(key)
        return True

    def _forget(self, key: bytes) -> None:
        del self._seen[key], self._since[key]
        self._told.discard(key)
