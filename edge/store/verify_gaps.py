"""Numbers missing in a chain, and what the device itself has recorded of losses: the one set against the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Literal

Recorded = Literal["evicted", "damaged"]


class Gaps:
    """Gathers both while a record is read, since a loss is told of later, sometimes in another epoch."""

    def __init__(self) -> None:
        self._missing: list[tuple[str, int, int]] = []
        self._told: dict[str, list[tuple[int, int, Recorded]]] = defaultdict(list)

    def missing(self, epoch: str, first: int, last: int) -> None:
        self._missing.append((epoch, first, last))

    def told(self, kind: Recorded, epoch: str, seq: int, data: Mapping[str, Any]) -> None:
        """What the event `seq` of `epoch` says was lost. Of its own epoch only what came before it can have been."""
        about, ranges = data.get("epoch", epoch), data.get("ranges", [])
        if not isinstance(about, str) or not isinstance(ranges, list):
            return
        for pair in ranges:
            if isinstance(pair, list) and len(pair) == 2 and all(type(number) is int for number in pair):
                first, last = pair
                if first <= last and (about != epoch or last < seq):
                    self._told[about].append((first, last, kind))

    def accounted(self) -> Iterator[tuple[Recorded | Literal["missing"], str, int, int]]:
        """Every gap, cut into what was recorded as one kind of loss or the other, and what was not."""
        for told in self._told.values():
            told.sort()
        at = dict.fromkeys(self._told, 0)
        for epoch, first, last in sorted(self._missing):
            told = self._told.get(epoch, [])
            number = at.get(epoch, 0)
            while first <= last:
                while number < len(told) and told[number][1] < first:
                    number += 1
                if number == len(told) or told[number][0] > last:
                    yield "missing", epoch, first, last
                    break
                begin, end, kind = told[number]
                if begin > first:
                    yield "missing", epoch, first, begin - 1
                yield kind, epoch, max(begin, first), min(end, last)
                first = end + 1
            if told:
                at[epoch] = number
