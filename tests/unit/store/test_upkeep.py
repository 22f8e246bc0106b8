"""The upkeep as the writer knows it: at the four moments, in small portions, never in anybody's way."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from edge.actions import Priority, Report
from edge.clock import Now
from edge.config.schema import Store
from edge.store.erasure import request
from edge.store.reader import EventReader
from edge.store.upkeep import Upkeep
from edge.store.writer import StoreWriter
from tests.unit.store.bench import rows
from tests.unit.store.upkeep_bench import WALL_US, Yard, yard


def test_nothing_is_done_while_nothing_is_due(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        bench.rest(3)
        statements: list[str] = []
        bench.conn.set_trace_callback(statements.append)
        bench.upkeep.rest(bench.ledger)
        bench.pass_s(1.0)
        bench.upkeep.rest(bench.ledger)
        bench.conn.set_trace_callback(None)
        assert statements == []


def test_a_turn_ends_after_a_fiftieth_of_a_second_and_goes_on_with_the_next(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        bench.store(3000)
        bench.deliver()
        bench.pass_s(91 * 86400)
        bench.store(1)
        ticks = iter(range(10_000))
        bench.upkeep._monotonic = lambda: next(ticks) * 0.015
        turns = 0
        while bench.upkeep._retention.is_due(bench.now):
            before = bench.one("SELECT count(*) FROM events")
            bench.upkeep.rest(bench.ledger)
            assert before - bench.one("SELECT count(*) FROM events") <= 1000
            turns += 1
        assert turns > 3


def test_trouble_with_a_file_is_said_once_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with yard(tmp_path) as bench:
        bench.upkeep._quota.ballast.mkdir()
        with caplog.at_level(logging.ERROR):
            bench.rest(5)
        assert caplog.text.count("upkeep of the event database") == 1
        bench.upkeep._quota.ballast.rmdir()
        bench.rest(3)
        assert bench.upkeep._quota.ballast.is_file()


def test_a_full_quota_in_the_midst_of_the_upkeep_is_no_fault(tmp_path: Path) -> None:
    bench = Yard(tmp_path, Store(quota_mb=8))
    bench.store(1)
    while bench.one("PRAGMA page_count") < 1200:
        bench.store(200)
    epoch = bench.ledger.epoch
    bench.ledger.checkpoint()
    bench.abandon()
    bench.path.rename(tmp_path / "events.db.damaged-20261122T190007Z")
    with yard(tmp_path, Store(quota_mb=8)) as later:
        while later.one("PRAGMA page_count") < 1200:
            later.store(200)
        later.rest(40)
        assert later.told("storage.salvaged")
        assert later.verdict().holds
        assert later.one("SELECT count(*) FROM epochs WHERE epoch = ?", epoch) == 1


def test_joined_to_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    now = [Now(1000.0, WALL_US)]
    upkeep = Upkeep(path, Store(), "site/gate", lambda: now[0], lambda _claims: "a.b.c")
    faults: list[object] = []
    writer = StoreWriter(
        path, "site", "gate", "boot-1", lambda: None, lambda *fault: faults.append(fault), print, maintenance=upkeep
    )
    Yard(tmp_path).abandon()  # the tables
    request(tmp_path, "p1")
    writer.start()
    for number in range(8):
        writer.submit(Report("access.granted", {}, "p1" if number < 1 else "p2", Priority.ACCESS), now[0])
        now[0] = Now(now[0].mono_s + 60, now[0].wall_us + 60_000_000)
        writer.step()
        (waiting,) = rows(path, "SELECT count(*) FROM outbox")[0]
        assert sum(writer.status().waiting_to_send.values()) == waiting
        reader = EventReader(path)
        for priority in Priority:
            writer.acknowledge([row.key for row in reader.outbox(priority, 0, 100)])
        reader.close()
        writer.step()
    writer.stop()
    assert not faults
    kinds = [kind for (kind,) in rows(path, "SELECT type FROM events ORDER BY position")]
    assert "person.erased" in kinds and kinds[-1] == "chain.checkpoint"
    assert rows(path, "SELECT count(*) FROM events WHERE subject = 'p1'") == [(0,)]


def test_no_piece_keeps_an_alarm_waiting(tmp_path: Path) -> None:
    """Sizes are what bounds a piece; the time is printed, since it depends on the machine."""
    with yard(tmp_path) as bench:
        bench.store(4000)
        bench.deliver()
        bench.pass_s(91 * 86400)
        bench.store(1)
        bench.upkeep._monotonic = time.monotonic
        longest = 0.0
        while bench.upkeep._retention.is_due(bench.now):
            began = time.monotonic()
            bench.upkeep.rest(bench.ledger)
            longest = max(longest, time.monotonic() - began)
        began = time.monotonic()
        bench.store(1, "door.forced", Priority.ALARM)
        print(f"longest turn {longest * 1e3:.1f} ms, a durable insert {(time.monotonic() - began) * 1e3:.1f} ms")
        assert longest < 2.0
