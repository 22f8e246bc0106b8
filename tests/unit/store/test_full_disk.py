"""The disk is full: nothing is called stored that is not, the daemon lives, what is lost is counted."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.actions import Priority
from edge.store.faults import explain
from tests.small_disk import small_disk
from tests.unit.store.bench import Bench, check_chain, rows, started

MIB = 1 << 20


@contextmanager
def no_file_may_grow_beyond(size: int) -> Iterator[None]:
    """The kernel refuses writes beyond `size`, as a full disk does, without needing to be root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of two megabytes."""
    with small_disk(tmp_path, 2) as folder:
        yield folder


def fill(bench: Bench) -> None:
    """Submit and step until the disk refuses."""
    for _ in range(200):
        bench.submit(100, Priority.TELEMETRY, "device.health")
        bench.now += 20
        bench.writer.step()
        if bench.faults:
            return
    raise AssertionError("the disk never became full")


def test_a_full_disk_is_reported_once_and_heals_without_a_loss(tiny_disk: Path) -> None:
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(b"\0" * MIB)
    with started(tiny_disk) as bench:
        fill(bench)
        ledger, reported = bench.writer._file.ledger, bench.stored
        assert ledger is not None
        for _ in range(20):
            bench.submit(10)
            bench.now += 20
            bench.writer.step()
        assert [what for _, what, _ in bench.faults] == ["disk full"]
        assert bench.stored == reported
        assert bench.writer._file.ledger is ledger  # opening anew would mean checking the whole file each time
        assert len(rows(bench.path)) + bench.writer.status().waiting == bench.number
        ballast.unlink()
        bench.run()
        assert bench.recovered == ["store"]
        assert check_chain(bench.path) == list(range(1, bench.number + 1))


def test_what_memory_cannot_hold_either_is_counted_and_recorded(tiny_disk: Path) -> None:
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(b"\0" * MIB)
    with started(tiny_disk, capacity=1000) as bench:
        fill(bench)
        bench.submit(50, Priority.ALARM, "door.forced")
        bench.submit(3000)
        bench.now += 20
        bench.writer.step()
        assert [what for _, what, _ in bench.faults] == ["disk full", "events lost"]
        ballast.unlink()
        bench.run()
        numbers = [number for number in check_chain(bench.path) if number]
        lost = set(range(1, bench.number + 1)) - set(numbers)
        ((body,),) = rows(bench.path, "SELECT body FROM events WHERE type = 'storage.evicted'")
        record = json.loads(body)["data"]
        assert record["count"] == len(lost) == bench.writer.status().lost > 0
        assert sum(record["by_priority"].values()) == record["count"]
        assert "alarm" not in record["by_priority"]
        assert len(rows(bench.path, "SELECT 1 FROM events WHERE type = 'door.forced'")) == 50


def test_room_that_never_comes_back_does_not_keep_the_daemon_from_stopping(tiny_disk: Path) -> None:
    with started(tiny_disk) as bench:
        fill(bench)
        waiting = bench.writer.status().waiting
    assert waiting > 0
    assert len(rows(bench.path)) + waiting == bench.number
    check_chain(bench.path)


def test_a_disk_that_is_full_at_the_start(tiny_disk: Path) -> None:
    ballast = tiny_disk / "ballast"
    with pytest.raises(OSError, match="No space"), ballast.open("wb") as file:
        while True:
            file.write(b"\0" * 65536)
    with started(tiny_disk) as bench:
        assert len(bench.faults) == 1
        bench.submit(5)
        for _ in range(5):
            bench.now += 20
            bench.writer.step()
        assert len(bench.faults) == 1
        ballast.unlink()
        bench.run()
        assert check_chain(bench.path) == [1, 2, 3, 4, 5]
        assert bench.recovered == ["store"]


def test_writes_that_fail_without_a_full_disk(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        bench.submit(20)
        bench.run()
        with no_file_may_grow_beyond(64 * 1024):
            for _ in range(30):
                bench.submit(20)
                bench.now += 20
                bench.writer.step()
            assert {what for _, what, _ in bench.faults} <= {"disk full", "disk error", "database cannot be opened"}
            assert len(bench.faults) >= 1
            assert bench.writer.status().waiting > 0
        bench.run()
        assert check_chain(bench.path) == list(range(1, bench.number + 1))
        assert bench.recovered


def test_attempts_are_spaced_and_events_do_not_hurry_them(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    bench = Bench(tmp_path / "state")
    bench.writer.start()
    bench.submit(1)
    (tmp_path / "state").unlink()
    bench.writer.wake()
    bench.writer.step()  # the first attempt failed just now
    assert bench.writer.status().waiting == 1
    bench.run()
    bench.writer.stop()


def test_a_mistake_in_the_program_is_not_taken_for_the_disk() -> None:
    error = sqlite3.OperationalError("no such column")
    error.sqlite_errorcode = sqlite3.SQLITE_ERROR
    assert explain(error) is None
