"""Tells of what a stranger can cause at will, without letting him fill the outbox with it."""

from __future__ import annotations

from collections.abc import Callable

AGAIN_S = 60.0


class Seldom:
    """Lets each reason through once, and then at most once in `AGAIN_S`, with the number kept back since.

    Reasons must be words of a fixed vocabulary, since each one is remembered.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._told: dict[str, float] = {}
        self._kept_back: dict[str, int] = {}

    def times(self, reason: str) -> int:
        """How often it has happened since it was last told, now included; 0 when it is not to be told now."""
        now = self._monotonic()
        times = self._kept_back.get(reason, 0) + 1
        if now - self._told.get(reason, float("-inf")) < AGAIN_S:
            self._kept_back[reason] = times
            return 0
        self._told[reason], self._kept_back[reason] = now, 0
        return times
