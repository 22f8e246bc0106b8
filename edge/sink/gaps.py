"""What of every device's history is here, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from edge.sink.records import Chain, Overview
from edge.sink.spans import Span, holes, united
from edge.sink.storage import Storage
from edge.store.envelope import rfc3339

MOST_SHOWN = 1000
_PAGE = 500


@dataclass(frozen=True, slots=True)
class ChainReport:
    """One epoch of one device. `through`: below it nothing is missing. `missing`: at most MOST_SHOWN spans of numbers
    that are neither here nor told to be lost, below the highest one that is; `count_missing` counts all of them.
    """

    source: str
    epoch: str
    through: int
    highest: int
    missing: tuple[Span, ...]
    count_missing: int
    evicted: tuple[Span, ...]
    conflicts: int
    repeated: int
    last_seen: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def report(storage: Storage, source: str = "") -> list[ChainReport]:
    """Every chain, or those of one device."""
    return [_of_chain(storage, overview) for overview in storage.overviews(source)]


def changed_keys(storage: Storage, source: str) -> int:
    """How many signing keys a device has shown beyond its first."""
    return max(len(storage.keys(source)) - 1, 0)


def _of_chain(storage: Storage, overview: Overview) -> ChainReport:
    chain = overview.chain
    highest = storage.highest(chain)
    missing = tuple(islice(holes(_covered(storage, chain)), MOST_SHOWN))
    evicted = united((told.first, told.last) for told in storage.evicted(chain))
    return ChainReport(
        source=chain.source,
        epoch=chain.epoch,
        through=storage.through(chain),
        highest=highest,
        missing=missing,
        count_missing=highest - overview.covered,
        evicted=tuple(evicted[:MOST_SHOWN]),
        conflicts=overview.conflicts,
        repeated=overview.repeated,
        last_seen=rfc3339(overview.last_received),
    )


def _covered(storage: Storage, chain: Chain) -> Iterator[Span]:
    seq = 0
    while page := storage.beyond(chain, seq, _PAGE):
        yield from page
        seq = page[-1][1]
