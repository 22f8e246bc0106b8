"""A writer without a thread, for the tests of the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.envelope import digest, genesis
from edge.store.intake import Intake
from edge.store.maintenance import Maintenance
from edge.store.reader import EventReader
from edge.store.writer import StoreWriter

WALL_US = 1_700_000_000_000_000


class Bench:
    """One device's store, with a clock of its own and a record of what was said."""

    def __init__(
        self,
        folder: Path,
        capacity: int = 10_000,
        boot: str = "boot-1",
        intake: Intake | None = None,
        maintenance: Maintenance | None = None,
    ) -> None:
        self.path = folder / "events.db"
        self.now = 1000.0
        self.stored = 0
        self.faults: list[tuple[str, str, str]] = []
        self.recovered: list[str] = []
        self.number = 0
        self.writer = StoreWriter(
            self.path,
            "riverside",
            "gate",
            boot,
            self._on_stored,
            lambda *fault: self.faults.append(fault),
            self.recovered.append,
            capacity=capacity,
            intake=intake,
            maintenance=maintenance,
            monotonic=lambda: self.now,
            wall_s=lambda: WALL_US / 1e6,
        )

    def _on_stored(self) -> None:
        self.stored += 1

    def submit(self, count: int = 1, priority: Priority = Priority.ACCESS, kind: str = "access.granted") -> None:
        for _ in range(count):
            self.number += 1
            now = Now(self.now, WALL_US + self.number)
            self.writer.submit(Report(kind, {"n": self.number}, "p1", priority), now)

    def run(self, steps: int = 50) -> None:
        """Step until nothing waits any more."""
        for _ in range(steps):
            if not self.writer.status().waiting:
                return
            self.now += 20.0  # beyond every delay
            self.writer.step()
        raise AssertionError("events still wait")


@contextmanager
def started(folder: Path, capacity: int = 10_000, boot: str = "boot-1") -> Iterator[Bench]:
    bench = Bench(folder, capacity, boot)
    bench.writer.start()
    try:
        yield bench
    finally:
        bench.writer.stop()


def rows(path: Path, query: str = "SELECT seq, id, type, priority, subject, body FROM events ORDER BY position") -> Any:
    conn = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return conn.execute(query).fetchall()
    finally:
        conn.close()


def check_chain(path: Path) -> list[int]:
    """Assert that seq has no gap and each event carries the hash of the one before; returns the numbers reported."""
    ((epoch,),) = rows(path, "SELECT epoch FROM epochs")
    before = genesis(epoch)
    numbers: list[int] = []
    for expected, (seq, event_id, kind, priority, subject, body) in enumerate(rows(path), 1):
        event = json.loads(body)
        assert (seq, event["seq"], event["epoch"]) == (expected, expected, epoch)
        assert (event["id"], event["type"], event["priority"]) == (event_id, kind, priority)
        assert event.get("subject", "") == subject
        assert event["prevhash"] == before
        before = digest(body)
        numbers.append(event["data"].get("n", 0))
    return numbers


def outbox(path: Path) -> list[int]:
    """The seq of what is still to be sent, in the order of sending."""
    reader = EventReader(path)
    try:
        return [row.seq for priority in Priority for row in reader.outbox(priority, 0, 100_000)]
    finally:
        reader.close()
