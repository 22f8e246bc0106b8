"""A full quota and a full disk: what goes first, what is told of it, and that the store recovers by itself."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.actions import Priority
from edge.config.schema import Store
from edge.store.eviction import _KEPT_TELEMETRY, Eviction, ranges
from edge.store.faults import is_full
from edge.store.quota import MIB, Quota, free_bytes
from edge.store.tombstones import bury
from tests.small_disk import small_disk
from tests.unit.store.upkeep_bench import ROOMY, Yard, yard

SMALL = Store(quota_mb=8)


def store_until_stored(bench: Yard, **event: object) -> int:
    """As the writer does: make room while that helps. Returns how often it had to."""
    for attempt in range(40):
        try:
            bench.store(50, **event)  # type: ignore[arg-type]
        except sqlite3.OperationalError as error:
            assert is_full(error)
            if not bench.upkeep.full(bench.ledger):
                raise
        else:
            return attempt
    raise AssertionError("no room could be made")


def until_full(bench: Yard, **event: object) -> None:
    for _ in range(500):
        if store_until_stored(bench, **event):
            return
    raise AssertionError("never full")


def accounted_for(bench: Yard) -> None:
    """Nothing undelivered is gone without an event saying so, and nothing is said that is not so."""
    bench.rest(10)
    verdict = bench.verdict()
    assert verdict.holds, verdict.findings
    told = {
        (data["epoch"], seq)
        for data in bench.told("storage.evicted")
        for first, last in data["ranges"]
        for seq in range(first, last + 1)
    }
    assert sum(data["count"] for data in bench.told("storage.evicted")) == len(told)
    assert all(sum(data["by_priority"].values()) == data["count"] for data in bench.told("storage.evicted"))
    there = {(bench.ledger.epoch, seq) for seq in bench.column("SELECT seq FROM events")}
    assert not there & told
    assert len(there) + verdict.erased == bench.one("SELECT max(seq) FROM events")


def test_the_limit_is_set_and_read_back(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        assert bench.one("PRAGMA max_page_count") * 4096 == 8 * MIB - MIB - 2 * MIB
        until_full(bench)
        assert bench.path.stat().st_size <= 5 * MIB


def test_what_the_office_has_already_goes_first_and_is_no_loss(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        bench.store(20, "picture.taken", Priority.PICTURE, data={"sealed": "x" * 20_000})
        old = bench.store(1000)
        bench.deliver()
        waiting = bench.store(500, "device.health", Priority.TELEMETRY)
        until_full(bench)
        assert bench.one("SELECT count(*) FROM events WHERE type = 'picture.taken'") < 20
        until_full(bench)
        assert bench.told("storage.evicted") == []
        assert set(waiting) <= set(bench.column("SELECT position FROM outbox"))
        left = [position for position in bench.column("SELECT position FROM events") if position in set(old)]
        assert left == old[len(old) - len(left) :]  # the oldest went
        accounted_for(bench)


def test_the_order_in_which_what_waits_is_given_up(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        bench.deliver()
        for priority in (Priority.ALARM, Priority.ACCESS, Priority.WASTE):
            bench.store(300, f"kind.{priority.name.lower()}", priority)
        bench.store(1500, "kind.telemetry", Priority.TELEMETRY)
        bench.store(20, "picture.taken", Priority.PICTURE, data={"sealed": "x" * 20_000})
        bench.store(1, "newest.event", Priority.ALARM)
        eviction, gone = Eviction(), list[Counter[int]]()

        def left() -> Counter[int]:
            return Counter(bench.column("SELECT priority FROM outbox"))

        before = left()
        while eviction.make_room(bench.conn, 0.0, "quota", lambda: True):
            after = left()
            gone.append(before - after)
            before = after
        gone = [step for step in gone if step]
        order = [next(iter(step)) for step in gone]
        assert [order[i] for i in range(len(order)) if i == 0 or order[i] != order[i - 1]] == [4, 3, 2, 3, 1, 0]
        thinned = sum(step[3] for step in gone[: order.index(2)])
        assert 1500 - thinned <= _KEPT_TELEMETRY
        assert before == Counter({0: 1})  # the newest event


def test_room_is_made_where_the_first_that_go_leave_less_than_their_record_takes(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        bench.deliver(bench.store(2000)[::10])  # from among others: no page of theirs becomes free
        bench.conn.execute("PRAGMA max_page_count = 1").fetchall()
        assert bench.one("PRAGMA freelist_count") == 0
        assert store_until_stored(bench) > 0
        assert bench.told("storage.evicted") == []
        assert bench.one("SELECT count(*) FROM evictions") > 0
        accounted_for(bench)


def test_thinning_leaves_a_picture_of_the_whole_time(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        bench.deliver()
        waiting = bench.store(2000, "device.health", Priority.TELEMETRY)
        eviction = Eviction()
        while bench.one("SELECT count(*) FROM outbox WHERE priority = 3") > _KEPT_TELEMETRY + 200:
            assert eviction.make_room(bench.conn, 0.0, "quota", lambda: True)
        left = set(bench.column("SELECT position FROM outbox WHERE priority = 3"))
        for start in range(0, 2000, 400):
            assert left & set(waiting[start : start + 400])


def test_alarms_outlast_everything_and_every_loss_is_told(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        alarms = bench.store(50, "door.forced", Priority.ALARM)
        kinds = (("access.granted", Priority.ACCESS), ("device.health", Priority.TELEMETRY))
        for number in range(200):
            kind, priority = kinds[number % 2]
            store_until_stored(bench, kind=kind, priority=priority)
            if number % 20 == 0:
                bench.rest(1)
        assert set(alarms) <= set(bench.column("SELECT position FROM outbox"))
        assert bench.told("storage.evicted")
        accounted_for(bench)


def test_a_power_cut_between_the_loss_and_its_event_changes_nothing(tmp_path: Path) -> None:
    bench = Yard(tmp_path, SMALL)
    bench.store(1500, "device.health", Priority.TELEMETRY)
    assert bench.upkeep._eviction.make_room(bench.conn, 0.0, "quota", lambda: True)
    assert bench.told("storage.evicted") == []
    bench.abandon()
    with yard(tmp_path, SMALL) as again:
        accounted_for(again)
        assert len(again.told("storage.evicted")) == 1
        again.rest(5)
        assert len(again.told("storage.evicted")) == 1


def test_nearly_full_is_said_once_and_so_is_its_end(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        bench.rest(3)
        assert bench.told("storage.nearlyfull") == []
        old = bench.store(1)
        while bench.one("PRAGMA page_count") < 0.82 * 1280:
            old += bench.store(100)
        bench.rest(5)
        (data,) = bench.told("storage.nearlyfull")
        assert data["limited_by"] == "quota" and 0.8 < data["used_share"] < 0.9
        bench.deliver()
        third = len(old) // 3
        for first, last, told in ((0, third // 3, 0), (third // 3, third, 1)):  # to 75 %, to 55 %
            bench.conn.execute("BEGIN IMMEDIATE")
            bury(bench.conn, old[first:last])
            bench.conn.execute("COMMIT")
            bench.rest(3)
            assert len(bench.told("storage.restored")) == told
        assert len(bench.told("storage.nearlyfull")) == 1


def test_the_ballast_is_made_a_little_at_a_time_and_made_of_blocks(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        quota = bench.upkeep._quota
        assert quota.restore(bench.conn)
        assert quota.ballast.stat().st_size == 256 << 10
        bench.rest(3)
        found = quota.ballast.stat()
        assert found.st_size == MIB and found.st_blocks * 512 >= MIB


def test_without_room_no_ballast_is_made(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        bench.free = 3 * MIB
        bench.rest(3)
        assert not bench.upkeep._quota.ballast.exists()


def test_on_a_full_disk_the_ballast_goes_and_the_file_grows_no_further(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        bench.deliver()
        bench.store(500, "device.health", Priority.TELEMETRY)
        bench.rest(3)
        bench.free = MIB // 2
        for _ in range(4):  # at first only what was delivered goes: whoever filled the disk may empty it again
            last = bench.upkeep.full(bench.ledger)
        assert not last
        assert bench.one("SELECT count(*) FROM outbox") >= 500
        bench.pass_s(61)
        assert bench.upkeep.full(bench.ledger)
        assert not bench.upkeep._quota.ballast.exists()
        pages = bench.one("PRAGMA page_count")
        assert bench.one("PRAGMA max_page_count") == pages
        for _ in range(40):
            store_until_stored(bench, kind="door.opened")
        assert bench.one("PRAGMA page_count") == pages
        bench.free = ROOMY
        accounted_for(bench)
        assert bench.told("storage.evicted")[0]["reason"] == "disk full"
        assert bench.upkeep._quota.ballast.stat().st_size == MIB
        assert bench.one("PRAGMA max_page_count") == 1280


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of twelve megabytes."""
    with small_disk(tmp_path, 12) as folder:
        yield folder


def test_a_really_full_disk(disk: Path) -> None:
    bench = Yard(disk, SMALL)
    try:
        bench.upkeep._quota._free = free_bytes
        alarms = bench.store(20, "door.forced", Priority.ALARM)
        bench.store(1200, "device.health", Priority.TELEMETRY)
        bench.rest(5)
        assert bench.upkeep._quota.ballast.exists()
        full = pytest.raises(OSError, match="No space left")
        with full, (disk / "somebody-elses").open("wb", buffering=0) as other:
            while True:
                other.write(b"\0" * 4096)
        for _ in range(60):
            store_until_stored(bench, kind="device.health", priority=Priority.TELEMETRY)
            bench.rest(1)
        alarms += bench.store(5, "door.forced", Priority.ALARM)
        assert not bench.upkeep._quota.ballast.exists()
        (disk / "somebody-elses").unlink()
        accounted_for(bench)
        assert bench.upkeep._quota.ballast.exists()
        assert set(alarms) <= set(bench.column("SELECT position FROM outbox"))
    finally:
        bench.abandon()


def test_a_smaller_quota_than_the_file_has_already(tmp_path: Path) -> None:
    with yard(tmp_path, Store(quota_mb=64)) as bench:
        bench.store(1)
        for _ in range(60):
            bench.store(200)
        pages = bench.one("PRAGMA page_count")
        assert pages > 1280
        Quota(bench.path, 8).opened(bench.conn)
        assert bench.one("PRAGMA max_page_count") == pages


@pytest.mark.parametrize(
    ("numbers", "found"), [([], []), ([3], [[3, 3]]), ([1, 2, 3, 5, 7, 8], [[1, 3], [5, 5], [7, 8]])]
)
def test_ranges(numbers: list[int], found: list[list[int]]) -> None:
    assert ranges(numbers) == found


def test_a_piece_is_bounded(tmp_path: Path) -> None:
    with yard(tmp_path, SMALL) as bench:
        bench.store(1500)
        bench.deliver()
        eviction = Eviction()
        while (gone := eviction.make_room(bench.conn, 0.0, "quota", lambda: True)) > 0:
            assert gone <= 256
