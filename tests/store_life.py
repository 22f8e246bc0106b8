"""One life of a device's store, with its upkeep, stepped by hand on one thread, and a record of what it has promised.

A small quota, so that events are evicted; retention of a day and a clock that makes days pass; people to be erased;
checkpoints; sometimes a disk that is full.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.actions import Priority, Report
from edge.clock import Now
from edge.config.schema import Store
from edge.store.checkpoint import TOKEN_KIND
from edge.store.erasure import request
from edge.store.outbox import OutboxKey, Receipt
from edge.store.ticket import Ticket
from edge.store.upkeep import Upkeep
from edge.store.writer import StoreWriter
from edge.tokens import sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WALL_US = 1_790_000_000_000_000
WAITING = (
    "SELECT o.priority, o.position, p.epoch, e.seq, e.type, e.body FROM outbox o"
    " JOIN events e ON e.position = o.position JOIN epochs p ON p.number = e.epoch ORDER BY o.position"
)
Place = tuple[str, int]


class Promises:
    """What the store has said, over several lives: `stored` event `n` at a place; `offered` for striking off, and
    `struck`; `evicted` by what it has reported to the centre. `owed`: what stands in an older file, and must be carried
    over or told of.
    """

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.stored: dict[Place, int] = {}
        self.offered: set[Place] = set()
        self.struck: set[Place] = set()
        self.evicted: set[Place] = set()
        self.owed: dict[Place, int] = {}


class Device:
    """One life of a device's store."""

    def __init__(
        self,
        folder: Path,
        chance: random.Random,
        promises: Promises,
        began_s: float,
        on_backlog: Callable[[], None] = lambda: None,
    ) -> None:
        self._chance = chance
        self._promises = promises
        self._folder = folder
        self.path = folder / "events.db"
        self.now = Now(began_s, WALL_US + round(began_s * 1e6))
        self.short = False
        self._delivers = chance.choice((0.3, 0.01))  # with the uplink away, something has to go
        self.faults: list[str] = []
        self._tickets: list[tuple[int, Ticket]] = []
        self._receipts: list[tuple[Receipt, set[Place]]] = []
        ticks = itertools.count()
        store = Store(quota_mb=2, keep_telemetry_days=1, keep_waste_days=2, keep_access_days=3, keep_picture_days=1)
        self._upkeep = upkeep = Upkeep(
            self.path,
            store,
            "site/device",
            lambda: self.now,
            lambda claims: sign(claims, TOKEN_KIND, "device", KEY),
            on_backlog,
            free=lambda _folder: 0 if self.short else 1 << 40,
            monotonic=lambda: next(ticks) * 0.004,
        )
        self.writer = StoreWriter(
            self.path,
            "site",
            "device",
            "b0071d",
            lambda: None,
            lambda _component, what, _detail: self.faults.append(what),
            lambda _component: None,
            maintenance=upkeep,
            monotonic=lambda: self.now.mono_s,
            wall_s=lambda: self.now.wall_us / 1e6,
        )

    def live(self, turns: int) -> None:
        """Events come, some are delivered, hours pass, until the turns are over, or the power."""
        self.writer.start()
        for _ in range(turns):
            chance = self._chance.random()
            if chance < 0.02:
                self.short = not self.short
            elif chance < 0.03:
                request(self._folder, f"p-{self._chance.randrange(9)}")
            for _ in range(self._chance.choice((0, 1, 1, 3, 30))):
                self.happen()
            if self._chance.random() < self._delivers:
                self.deliver(0.5)
            self.turn(self._chance.choice((0.5, 5.0, 31.0, 7000.0, 30000.0)))

    def turn(self, seconds: float) -> None:
        """One step of the writer, without its waiting, and then what it has promised."""
        self.now = Now(self.now.mono_s + seconds, self.now.wall_us + round(seconds * 1e6))
        self.writer.wake()
        self.writer.step()
        self.listen()

    def listen(self) -> None:
        """Note what is promised by now."""
        for number, ticket in self._tickets:
            if ticket.seq:
                self._promises.stored[ticket.epoch, ticket.seq] = number
        self._tickets = [pair for pair in self._tickets if not pair[1].seq]
        for receipt, places in self._receipts:
            if receipt.done:
                self._promises.struck |= places
        self._receipts = [pair for pair in self._receipts if not pair[0].done]

    def deliver(self, share: float) -> None:
        """The broker has acknowledged a part of what waits."""
        ledger = self.writer._file.ledger
        if ledger is None:
            return
        rows = [row for row in ledger.connection.execute(WAITING).fetchall() if self._chance.random() < share][:400]
        keys = [OutboxKey(ledger.epoch, row[0], row[1]) for row in rows]
        struck = {(row[2], row[3]) for row in rows}
        if (receipt := self.writer.acknowledge(keys)) is not None:
            self._promises.offered |= struck
            told = [json.loads(body)["data"] for *_, kind, body in rows if kind == "storage.evicted"]
            self._promises.evicted |= places(told)
            self._receipts.append((receipt, struck))

    def abandon(self) -> None:
        """The power has gone: let go of what the process would have lost."""
        self._upkeep._salvage.close()

    def settle(self) -> int:
        """Everything is delivered and a quiet hour passes; returns how many events were handed over and not stored."""
        self.short = False
        for _ in range(3):
            self.happen()
        for _ in range(60):
            self.turn(60.0)
            self.deliver(1.0)
        self.writer.stop()
        self.listen()
        return len(self._tickets)

    def happen(self, priority: Priority | None = None) -> None:
        """One event is handed over, of a type by its priority."""
        number = next(self._promises.numbers)
        priority = self._chance.choice(list(Priority)) if priority is None else priority
        size = 4000 if priority == Priority.PICTURE else self._chance.choice((10, 300, 300, 3000))
        data = {"n": number, "x": "x" * size}
        report = Report(f"{priority.name.lower()}.happened", data, f"p-{self._chance.randrange(9)}", priority)
        ticket = Ticket()
        self.writer.intake.put(report, self.now, ticket)
        self._tickets.append((number, ticket))


def places(reports: Any) -> set[Place]:
    return {place for data in reports for place in _ranges(data)}


def _ranges(data: Any) -> Iterator[Place]:
    for first, last in data.get("ranges", ()):
        for seq in range(first, last + 1):
            yield data["epoch"], seq
