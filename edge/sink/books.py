"""One commit: what came is stored once, what differs is kept apart, and the covered spans grow with it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.sink.reading import Parcel
from edge.sink.records import Chain, Conflict, Covered, Key, Row
from edge.sink.spans import united
from edge.sink.storage import Storage, Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """What a commit has done. `touched`: the covered spans that the events which came, new or not, lie in."""

    stored: int = 0
    repeated: int = 0
    conflicts: int = 0
    evicted: int = 0
    refused: int = 0
    touched: list[Covered] = field(default_factory=list)


def enter(storage: Storage, parcel: Parcel, received: int) -> Entry:
    """Make the parcel durable in one transaction. Raises HardwareError; the same may then be entered again."""
    unique: dict[Key, Row] = {}
    again = [row for row in parcel.rows if unique.setdefault(row.key, row) is not row]
    seen = [Covered(row.source, row.epoch, row.seq, row.seq) for row in unique.values()]
    with storage.transaction() as transaction:
        chains = {span.chain for span in seen} | {Chain(told.source, told.epoch) for told in parcel.evicted}
        transaction.touch(chains, received)
        again += transaction.insert(list(unique.values()))
        different = _different(transaction, again) if again else []
        false = {(row.source, row.id) for row in different}
        evicted = [told for told in parcel.evicted if (told.source, told.told_by) not in false]
        lost = [Covered(told.source, told.epoch, told.first, told.last) for told in evicted]
        touched = _cover(transaction, seen + lost) if seen else []
        if evicted:
            transaction.add_evicted(evicted)
        if parcel.refusals:
            transaction.refuse(parcel.refusals)
        if parcel.keys:
            transaction.add_keys(list({(key.source, key.signing): key for key in parcel.keys}.values()))
    return Entry(len(parcel.rows) - len(again), len(again), len(different), len(evicted), len(parcel.refusals), touched)


def _different(transaction: Transaction, again: list[Row]) -> list[Row]:
    """Which of those that came once more are not what is stored; they are kept apart."""
    transaction.count_repeated(Counter(Chain(row.source, row.epoch) for row in again))
    stored = transaction.bodies(list({row.key for row in again}))
    different = [row for row in again if stored[row.key] != row.body]
    if different:
        transaction.add_conflicts(
            [Conflict(*row.key, hashlib.sha256(row.body).hexdigest(), row.received, row.body) for row in different]
        )
    return different


def _cover(transaction: Transaction, numbers: Iterable[Covered]) -> list[Covered]:
    """Add numbers to the covered spans; returns the spans they now lie in."""
    added = _united(numbers)
    old = set(transaction.reaching(added))
    new = set(_united([*added, *old]))
    if new != old:
        transaction.replace(old - new, new - old)
    return sorted(new)


def _united(spans: Iterable[Covered]) -> list[Covered]:
    of_chain: dict[Chain, list[tuple[int, int]]] = {}
    for span in spans:
        of_chain.setdefault(span.chain, []).append((span.first, span.last))
    return [Covered(*chain, first, last) for chain, found in of_chain.items() for first, last in united(found)]
