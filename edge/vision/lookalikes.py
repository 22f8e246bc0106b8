"""Pairs of people whom the gate hardly tells apart, by how often one came near to passing for the other.

An average over everybody hides them: a pair of twins among a thousand residents changes no rate, and passes for each
other every day. Pure but for its own memory, which is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.errors import DataError

MOST_PAIRS = 64
OFTEN = 3
"""Days on which either came near to the other before the pair is named: one of them may be a bad picture."""
SHARE = 0.5
_FADES_AFTER = 60
_MOST = 1 << 31


@dataclass(slots=True)
class _Pair:
    near: int = 0
    seen: int = 0

    @property
    def frequent(self) -> bool:
        return self.near >= OFTEN and self.near >= SHARE * self.seen


class LookAlikes:
    """`dropped`: how many pairs were given up because one of them is enrolled no more."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, str], _Pair] = {}
        self.dropped = 0

    def note(self, person: str, nearest: str, *, near: bool) -> None:
        """A face of `person`, of all others most like `nearest`, and whether that is near the threshold."""
        key = (min(person, nearest), max(person, nearest))
        if near and key not in self._pairs:
            if len(self._pairs) >= MOST_PAIRS:
                del self._pairs[min(self._pairs, key=lambda known: self._pairs[known].near)]
            self._pairs[key] = _Pair()
        for known, pair in self._pairs.items():
            if person in known:
                pair.seen += 1
                pair.near += near and known == key
                if pair.seen > _FADES_AFTER:
                    pair.seen, pair.near = pair.seen // 2, pair.near // 2

    def keep(self, enrolled: Callable[[str], bool]) -> None:
        """Give up pairs of which somebody is enrolled no more."""
        gone = [key for key in self._pairs if not all(map(enrolled, key))]
        for key in gone:
            del self._pairs[key]
        self.dropped += len(gone)

    def names(self, one: str, other: str) -> bool:
        """Whether these two are to be named."""
        pair = self._pairs.get((min(one, other), max(one, other)))
        return pair is not None and pair.frequent

    def frequent(self) -> list[tuple[str, str, float]]:
        """The pairs to name, and in which share of the days either was the other's nearest and near the threshold."""
        shares = [(*key, pair.near / pair.seen) for key, pair in self._pairs.items() if pair.frequent]
        return sorted(shares, key=lambda one: (-one[2], one[:2]))

    def memory(self) -> list[list[str | int]]:
        """JSON-ready."""
        return [[*key, pair.near, pair.seen] for key, pair in self._pairs.items()]

    @classmethod
    def remembered(cls, found: object) -> LookAlikes:
        """What `memory` gave. Raises DataError."""
        pairs = cls()
        if not isinstance(found, Sequence) or isinstance(found, str) or len(found) > MOST_PAIRS:
            raise DataError("pairs that are none", hint="it begins anew")
        for one in found:
            match one:
                case [str(a), str(b), int(near), int(seen)] if a < b and 0 <= near <= seen < _MOST:
                    pairs._pairs[a, b] = _Pair(near, seen)
                case _:
                    raise DataError("a pair that is none", hint="it begins anew")
        return pairs
