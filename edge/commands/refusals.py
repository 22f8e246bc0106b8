"""Refusals before the counter: told at once when they begin, then at most once a minute with their number.

Whoever can publish to the device could otherwise fill its event store, and the office's evening, with forgeries.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.commands.judge import Refusal

SUMMARY_S = 60.0
_ANSWERS, _ANSWERS_PER_S = 20.0, 1.0


@dataclass(slots=True)
class _Kind:
    last: tuple[str, Refusal]
    told_s: float
    more: int = 0


class Refusals:
    """Counts by reason, of which there are about twenty. For one thread; times are monotonic seconds."""

    def __init__(self) -> None:
        self.total = 0
        self._kinds: dict[str, _Kind] = {}

    def note(self, name: str, refusal: Refusal, now_s: float) -> bool:
        """Whether this one is to be reported by itself."""
        self.total += 1
        kind = self._kinds.get(refusal.reason)
        if kind is None:
            self._kinds[refusal.reason] = _Kind((name, refusal), now_s)
            return True
        kind.last = (name, refusal)
        kind.more += 1
        return False

    def due(self, now_s: float) -> list[tuple[str, Refusal, int]]:
        """Summaries whose minute is over: the command and the last refusal of a kind, and how many there were."""
        summaries = []
        for reason, kind in list(self._kinds.items()):
            if now_s - kind.told_s < SUMMARY_S:
                continue
            if kind.more:
                summaries.append((*kind.last, kind.more))
                kind.told_s, kind.more = now_s, 0
            else:
                del self._kinds[reason]
        return summaries


class Allowance:
    """Answers left for those who have not proved who they are: twenty at once, then one a second."""

    def __init__(self) -> None:
        self._left = _ANSWERS
        self._at_s = 0.0

    def take(self, now_s: float) -> bool:
        """Use one up, if there is one."""
        self._left = min(_ANSWERS, self._left + (now_s - self._at_s) * _ANSWERS_PER_S)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
