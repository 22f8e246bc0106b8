"""Power cuts under the ledger alone: what it has reported stored is there afterwards, and its chain unbroken."""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.database import DamagedError
from edge.store.envelope import Accepted, Origin
from edge.store.ledger import Ledger
from edge.store.outbox import OutboxKey
from edge.store.uuid7 import Uuid7
from tests.lossy_disk import Disk, powered

ORIGIN = Origin("site", "device", "b0071d")


@dataclass
class Outcome:
    """What cuts have done. `events`: reported stored before the cut; `evicted`, `erased`, `salvaged`: of these and of
    older ones were, by the device's own record. The rest are faults: `unsent` left the outbox without being delivered,
    `unfounded` were recorded as evicted and are there.
    """

    events: int = 0
    operations: int = 0
    evicted: int = 0
    erased: int = 0
    salvaged: int = 0
    missing: int = 0
    altered: int = 0
    twice: int = 0
    unsent: int = 0
    unfounded: int = 0
    broken_chain: int = 0
    came_back: int = 0
    unusable: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        lost = self.missing or self.altered or self.twice or self.unsent or self.unfounded
        return not (lost or self.broken_chain or self.came_back or self.unusable)

    def add(self, other: Outcome) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def figures(self) -> dict[str, Any]:
        return asdict(self) | {"unusable": len(self.unusable)}


def one_cut(folder: Path, chance: random.Random, synchronous: str = "FULL") -> Outcome:
    """Store, acknowledge, and store on until the power goes; then open what came back."""
    before, after = folder / "before", folder / "after"
    before.mkdir()
    traffic = _Traffic(chance)
    with_history = Ledger(before / "events.db", ORIGIN)  # the tables, and a little history
    traffic.write(with_history)
    if chance.random() < 0.5:
        with_history.checkpoint()
    with_history.close()
    disk = Disk(before, chance, cut_at=chance.choice((chance.randrange(1, 60), chance.randrange(1, 900))))
    with powered(disk, f"power-{folder}"):
        _store_until_cut(before / "events.db", traffic, synchronous)
    disk.come_back(after)
    return _look(after / "events.db", traffic, disk)


class _Traffic:
    """Events handed to a ledger, and what it has promised about them."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._new_id = Uuid7(lambda bits: chance.getrandbits(bits))
        self._number = 0
        self.stored: dict[int, str] = {}
        self.waiting: list[OutboxKey] = []
        self.struck: set[int] = set()

    def write(self, ledger: Ledger) -> None:
        """One transaction; noted only when it has returned."""
        events = [self._event() for _ in range(self._chance.choice((1, 1, 1, 3, 20)))]
        delivered = [key for key in self.waiting if self._chance.random() < 0.3]
        stored = ledger.write(events, delivered)
        gone = set(delivered)
        self.struck |= {key.position for key in delivered}
        self.waiting = [key for key in self.waiting if key not in gone]
        for seq, event in zip(range(stored.first_seq, stored.last_seq + 1), events, strict=True):
            self.stored[seq] = event.id
            self.waiting.append(OutboxKey(stored.epoch, int(event.report.priority), seq))

    def _event(self) -> Accepted:
        self._number += 1
        priority = self._chance.choice(list(Priority)[:4])
        size = self._chance.choice((10, 100, 100, 3000))
        report = Report("door.opened", {"n": self._number, "text": "x" * size}, "p-1", priority)
        wall_us = 1_790_000_000_000_000 + self._number
        return Accepted(report, Now(self._number / 10, wall_us), self._new_id(wall_us))


def _store_until_cut(path: Path, traffic: _Traffic, synchronous: str) -> None:
    ledger = Ledger(path, ORIGIN)
    if synchronous != "FULL":
        ledger._conn.execute(f"PRAGMA synchronous = {synchronous}")
    for number in range(400):
        traffic.write(ledger)
        if number % 50 == 49:
            ledger.checkpoint()


def _look(path: Path, traffic: _Traffic, disk: Disk) -> Outcome:
    outcome = Outcome(events=len(traffic.stored), operations=disk.operations)
    try:
        ledger = Ledger(path, ORIGIN)
    except (DamagedError, sqlite3.DatabaseError) as error:
        outcome.unusable.append(str(error))
        return outcome
    try:
        found = {
            seq: (event_id, bytes(body))
            for seq, event_id, body in ledger._conn.execute("SELECT seq, id, body FROM events ORDER BY seq")
        }
        waiting = {position for (position,) in ledger._conn.execute("SELECT position FROM outbox")}
    finally:
        ledger.close()
    outcome.missing = len(traffic.stored.keys() - found.keys())
    outcome.altered = sum(seq in found and found[seq][0] != event_id for seq, event_id in traffic.stored.items())
    outcome.came_back = len(traffic.struck & waiting)
    expected = hashlib.sha256(ledger.epoch.encode()).hexdigest()
    for seq in range(1, max(found, default=0) + 1):
        body = found.get(seq, ("", b"{}"))[1]
        outcome.broken_chain += _prevhash(body) != expected
        expected = hashlib.sha256(body).hexdigest()
    return outcome


def _prevhash(body: bytes) -> str:
    try:
        return str(json.loads(body).get("prevhash"))
    except ValueError:
        return "unreadable"
