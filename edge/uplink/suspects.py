"""Events that break the connection: some brokers close it on a message they do not like, without saying which.

Sent again first thing, such an event would keep everything behind it from ever arriving. So whatever was under way
at a break is no longer sent in one message with others, what was under way at two is sent alone the next time, and
what breaks three connections all by itself is left out for a while.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from edge.store.outbox import OutboxKey

_ALONE_AFTER = 2
_REMEMBERED = 20_000  # rows; thinned events leave the outbox without passing
_CONDEMNED_AFTER = 3
_SENTENCE_S = 600.0  # a network that flaps can make an innocent look guilty


class Suspects:
    """Keeps account over the connections. Rows are forgotten once they are acknowledged."""

    def __init__(self) -> None:
        self._breaks: Counter[OutboxKey] = Counter()
        self._alone: Counter[OutboxKey] = Counter()
        self._until: dict[OutboxKey, float] = {}

    def broke(self, under_way: Collection[OutboxKey], now: float) -> OutboxKey | None:
        """A connection ended with these under way. Returns the row that is now to be left out, if one is."""
        if len(self._breaks) > _REMEMBERED:
            self._breaks.clear()
            self._alone.clear()
            self._until.clear()
        self._breaks.update(under_way)
        if len(under_way) != 1:
            return None
        (key,) = under_way
        self._alone[key] += 1
        if self._alone[key] < _CONDEMNED_AFTER:
            return None
        self._until[key] = now + _SENTENCE_S
        return key

    def passed(self, key: OutboxKey) -> bool:
        """The broker answered this one. Returns whether it had been left out."""
        if not self._breaks:
            return False
        self._breaks.pop(key, None)
        self._alone.pop(key, None)
        return self._until.pop(key, None) is not None

    def suspected(self, key: OutboxKey) -> bool:
        """Whether it was under way when a connection broke, and has not been answered since."""
        return key in self._breaks

    def must_go_alone(self, key: OutboxKey) -> bool:
        return key in self._breaks and self._breaks[key] >= _ALONE_AFTER

    def left_out(self, key: OutboxKey, now: float) -> bool:
        return self._until.get(key, now) > now
