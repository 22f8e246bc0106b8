"""How much of the backlog may be under way, so that on a slow line an alarm does not queue behind all of it."""

from __future__ import annotations

_FIRST = 2
_SLOWER = 4.0
_SLACK_S = 0.1


class Pace:
    """Counts messages of the backlog. Their number grows by one with each answer, which doubles it each round trip
    until the window is full, and halves when an answer took much longer than the shortest one seen: then a queue
    stands on the way (Chiu and Jain, "Analysis of the Increase and Decrease Algorithms", 1989).
    """

    def __init__(self) -> None:
        self.begin(1)

    def begin(self, limit: int) -> None:
        """A new connection, with at most `limit` messages of the backlog at once."""
        self._limit = limit
        self._allowed = min(_FIRST, limit)
        self._under_way = 0
        self._shortest_s = float("inf")
        self._halved_at = float("-inf")

    @property
    def room(self) -> bool:
        """Whether another message may go."""
        return self._under_way < self._allowed

    def sent(self) -> None:
        self._under_way += 1

    def answered(self, sent_at: float, now: float) -> None:
        """The broker answered a message sent at `sent_at`, accepting or refusing it."""
        self._under_way -= 1
        took_s = now - sent_at
        self._shortest_s = min(self._shortest_s, took_s)
        if took_s <= _SLOWER * self._shortest_s + _SLACK_S:
            self._allowed = min(self._limit, self._allowed + 1)
        elif sent_at > self._halved_at:  # those sent before stood in the same queue
            self._allowed = max(1, self._allowed // 2)
            self._halved_at = now
