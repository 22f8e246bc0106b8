"""A ledger and its upkeep without a thread, with a clock of their own, for the tests of the upkeep."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Now
from edge.config.schema import Store
from edge.store.checkpoint import TOKEN_KIND
from edge.store.envelope import Origin, accept
from edge.store.identity import signing_key
from edge.store.keys import DeviceKey
from edge.store.ledger import Ledger
from edge.store.outbox import OutboxKey
from edge.store.reader import EventReader
from edge.store.record import links
from edge.store.schema_upkeep import TABLES
from edge.store.upkeep import Upkeep
from edge.store.uuid7 import Uuid7
from edge.store.verify import Verdict, check_chains
from edge.tokens import sign

WALL_US = 1_700_000_000_000_000
DAY_US = 86_400_000_000
KEY = signing_key(DeviceKey(bytes(range(32))))
ROOMY = 1 << 40


class Yard:
    """One device's file. `store` and `deliver` do what the writer does, `rest` lets the upkeep work."""

    def __init__(self, folder: Path, store: Store | None = None, boot: str = "boot-1") -> None:
        self.path = folder / "events.db"
        self.now = Now(1000.0, WALL_US)
        self.free = ROOMY
        self.backlogs = 0
        self.new_id = Uuid7()
        self._boot = boot
        self.upkeep = Upkeep(
            self.path,
            store or Store(),
            "riverside/gate",
            lambda: self.now,
            lambda claims: sign(claims, TOKEN_KIND, "gate", KEY),
            self._on_backlog,
            free=lambda _folder: self.free,
            monotonic=lambda: 0.0,
        )
        self.open()

    def _on_backlog(self) -> None:
        self.backlogs += 1

    def open(self) -> None:
        self.ledger = Ledger(self.path, Origin("riverside", "gate", self._boot), self.new_id)
        if not self.one("SELECT count(*) FROM sqlite_master WHERE name = 'tombstones'"):
            for statement in TABLES:
                self.conn.execute(statement)
        self.store(1, "device.started", subject="")
        self.upkeep.opened(self.ledger)

    @property
    def conn(self) -> sqlite3.Connection:
        return self.ledger.connection

    def store(
        self,
        count: int = 1,
        kind: str = "access.granted",
        priority: Priority = Priority.ACCESS,
        subject: str = "p1",
        data: Mapping[str, Any] | None = None,
        clock: Any = "synced",
    ) -> list[int]:
        """Store events a second apart; their positions."""
        events = []
        for _ in range(count):
            self.pass_s(1.0)
            now = replace(self.now, quality=clock)
            report = Report(kind, data or {"filler": "x" * 300}, subject, priority)
            events.append(accept(report, now, self.new_id(now.wall_us))[0])
        stored = self.ledger.write(events)
        newest = self.one("SELECT max(position) FROM events")
        assert stored.last_seq - stored.first_seq + 1 == count
        return list(range(newest - count + 1, newest + 1))

    def deliver(self, positions: list[int] | None = None) -> None:
        """Strike these off the outbox, or all."""
        rows = self.conn.execute("SELECT priority, position FROM outbox").fetchall()
        keys = [OutboxKey(self.ledger.epoch, *row) for row in rows if positions is None or row[1] in positions]
        self.ledger.write([], keys)

    def pass_s(self, seconds: float) -> None:
        self.now = replace(self.now, mono_s=self.now.mono_s + seconds, wall_us=self.now.wall_us + round(seconds * 1e6))

    def rest(self, times: int = 40, every_s: float = 31.0) -> None:
        """Let the upkeep work until it has nothing more to do."""
        for _ in range(times):
            self.pass_s(every_s)
            self.upkeep.rest(self.ledger)

    def one(self, query: str, *values: object) -> Any:
        return self.conn.execute(query, values).fetchone()[0]

    def column(self, query: str, *values: object) -> list[Any]:
        return [row[0] for row in self.conn.execute(query, values)]

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The data of all events of a type, oldest first."""
        bodies = self.column("SELECT body FROM events WHERE type = ? ORDER BY position", kind)
        return [json.loads(body)["data"] for body in bodies]

    def verdict(self) -> Verdict:
        reader = EventReader(self.path)
        try:
            return check_chains(links(reader), keys={"gate": KEY.public_key()}, audience="riverside/gate")
        finally:
            reader.close()

    def raw(self) -> bytes:
        """Every byte of the database and its log, past SQLite, when both are closed."""
        return b"".join(file.read_bytes() for file in sorted(self.path.parent.glob("events.db*")))

    def close(self) -> None:
        self.upkeep.closing(self.ledger)
        self.ledger.checkpoint()
        self.abandon()

    def abandon(self) -> None:
        """As a process that is killed leaves it."""
        self.upkeep._salvage.close()
        self.ledger.close()


@contextmanager
def yard(folder: Path, store: Store | None = None) -> Iterator[Yard]:
    made = Yard(folder, store)
    try:
        yield made
    finally:
        made.abandon()
