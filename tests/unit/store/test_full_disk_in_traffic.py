"""A full disk under the real writer with its upkeep, several producers, and an uplink that is away: everything that
was accepted is stored or recorded as dropped, and all alarms are there.
"""

from __future__ import annotations

import errno
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.actions import Priority, Report
from edge.clock import Now, SystemClock
from edge.config.schema import Store
from edge.runtime.worker import WorkerThread
from edge.store import faults
from edge.store import upkeep as upkeep_module
from edge.store.checkpoint import TOKEN_KIND
from edge.store.faults import NotStoredError
from edge.store.ledger import Stored
from edge.store.reader import EventReader
from edge.store.record import links
from edge.store.upkeep import Upkeep
from edge.store.verify import check_chains
from edge.store.writer import StoreWriter
from edge.tokens import sign
from tests.small_disk import small_disk
from tests.unit.store.upkeep_bench import KEY

CAPACITY = 400
BLOCK = bytes(4096)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of twelve megabytes."""
    with small_disk(tmp_path, 12) as folder:
        yield folder


class Traffic:
    """Producers on threads of their own, and what the store told them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.db"
        self.clock = SystemClock()
        self.faults: list[str] = []
        self.recovered = threading.Event()
        self.in_trouble = threading.Event()
        self.promised: dict[tuple[str, int], int] = {}
        self.accepted: Counter[Priority] = Counter()
        self._mutex = threading.Lock()
        upkeep = Upkeep(
            self.path,
            Store(quota_mb=8),
            "riverside/gate",
            self.clock,
            lambda claims: sign(claims, TOKEN_KIND, "gate", KEY),
        )
        self.writer = StoreWriter(
            self.path,
            "riverside",
            "gate",
            "boot-1",
            lambda: None,
            self._on_fault,
            lambda _component: self.recovered.set(),
            maintenance=upkeep,
            capacity=CAPACITY,
        )
        self.thread = WorkerThread("store", self.writer)
        self.thread.launch()

    def _on_fault(self, _component: str, what: str, _detail: str) -> None:
        self.faults.append(what)
        self.recovered.clear()
        self.in_trouble.set()

    def produce(self, each: int, *, patience_s: float = 5.0) -> None:
        """Four producers: two that submit, and now and then put, one that puts passes, and one that puts alarms."""
        kinds = [(Priority.TELEMETRY, False), (Priority.WASTE, False), (Priority.ACCESS, True), (Priority.ALARM, True)]
        threads = [
            threading.Thread(target=self._producer, args=(number, priority, waits, each, patience_s))
            for number, (priority, waits) in enumerate(kinds)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _producer(self, number: int, priority: Priority, waits: bool, each: int, patience_s: float) -> None:
        count = each // 10 if waits else each
        for index in range(count):
            n = number * 1_000_000 + index
            report = Report("device.health", {"n": n, "filler": "x" * 600}, "p1", priority)
            now: Now = self.clock()
            stored: Stored | None = None
            if not waits and index % 50:
                self.writer.submit(report, now)
            else:
                try:
                    stored = self.writer.put(report, now, patience_s)
                except NotStoredError:
                    stored = None
            with self._mutex:
                self.accepted[priority] += 1
                if stored is not None:
                    self.promised[stored.epoch, stored.first_seq] = n

    def end(self) -> None:
        self.thread.signal()
        self.thread.join(20.0)
        assert self.thread.failure is None
        assert not self.thread.alive

    def account(self) -> tuple[int, int]:
        """Assert that the books balance, and that the chain holds; returns how many events were evicted from the disk
        and how many were lost from memory.
        """
        with closing(sqlite3.connect(self.path)) as conn:
            bodies: list[dict[str, Any]] = [json.loads(body) for (body,) in conn.execute("SELECT body FROM events")]
            assert conn.execute("SELECT count(*) FROM evictions").fetchone() == (0,)
        ours = [event for event in bodies if event["type"] == "device.health"]
        told = [event["data"] for event in bodies if event["type"] == "storage.evicted"]
        dropped: Counter[str] = Counter()
        for data in told:
            dropped.update(data["by_priority"])
            assert sum(data["by_priority"].values()) == data["count"]
        stored = Counter(Priority(event["priority"]).name.lower() for event in ours)
        accepted = {priority.name.lower(): count for priority, count in self.accepted.items()}
        assert {name: count - stored[name] - dropped[name] for name, count in accepted.items()} == dict.fromkeys(
            accepted, 0
        )
        assert dropped["alarm"] == 0
        places = {(event["epoch"], event["seq"]): event["data"]["n"] for event in ours}
        gone = {
            (d["epoch"], seq) for d in told for first, last in d.get("ranges", ()) for seq in range(first, last + 1)
        }
        for place, number in self.promised.items():
            assert places.get(place) == number or place in gone
        with closing(EventReader(self.path)) as reader:
            assert check_chains(links(reader), keys={"gate": KEY.public_key()}, audience="riverside/gate").holds
        return len(gone), dropped.total() - len(gone)


def test_the_quota_is_reached(disk: Path) -> None:
    traffic = Traffic(disk)
    try:
        traffic.produce(6000)
    finally:
        traffic.end()
    evicted, _lost = traffic.account()
    assert evicted > 1000
    assert not traffic.faults


def test_somebody_else_fills_the_file_system_and_makes_room_again(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep_module, "_AFTER_TROUBLE_S", 0.5)
    monkeypatch.setattr(faults, "_LONGEST_RETRY_S", 0.5)
    traffic = Traffic(disk)
    try:
        traffic.produce(500)
        other = disk / "somebody-elses"
        _fill(other)
        while not traffic.in_trouble.is_set():
            traffic.produce(500, patience_s=0.01)
            _fill(other)
        traffic.produce(800, patience_s=0.01)
        refused = traffic.writer.status().waiting
        traffic.recovered.clear()
        other.unlink()
        assert traffic.recovered.wait(20.0)
        traffic.produce(200)
    finally:
        traffic.end()
    _evicted, lost = traffic.account()
    assert refused > 0 and lost > 0
    assert "disk full" in traffic.faults


def _fill(path: Path) -> None:
    with path.open("ab", buffering=0) as other:
        try:
            while True:
                other.write(BLOCK)
        except OSError as error:
            assert error.errno == errno.ENOSPC
