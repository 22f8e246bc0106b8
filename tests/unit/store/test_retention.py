"""Old events go, by kind and age, leaving nothing readable and a chain that still verifies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.actions import Priority
from edge.config.schema import Store
from tests.unit.store.upkeep_bench import Yard, yard

KEEP = Store(keep_alarm_days=300, keep_access_days=90, keep_waste_days=60, keep_telemetry_days=30, keep_picture_days=7)
DAY_S = 86400.0


def kinds(bench: Yard) -> set[str]:
    return set(bench.column("SELECT type FROM events"))


def fill(bench: Yard) -> None:
    for priority in Priority:
        bench.store(3, f"kind.{priority.name.lower()}", priority)
    bench.deliver()


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (6, {"alarm", "access", "waste", "telemetry", "picture"}),
        (8, {"alarm", "access", "waste", "telemetry"}),
        (31, {"alarm", "access", "waste"}),
        (61, {"alarm", "access"}),
        (91, {"alarm"}),
        (301, set()),
    ],
)
def test_each_priority_goes_at_its_own_age(tmp_path: Path, days: int, left: set[str]) -> None:
    with yard(tmp_path, KEEP) as bench:
        fill(bench)
        bench.pass_s(days * DAY_S)
        bench.store(1, "newest.event")
        bench.rest(3)
        assert {kind.removeprefix("kind.") for kind in kinds(bench) if kind.startswith("kind.")} == left
        assert bench.verdict().holds
        assert bench.verdict().erased >= 3 * (5 - len(left))


def test_what_was_not_delivered_stays(tmp_path: Path) -> None:
    with yard(tmp_path, KEEP) as bench:
        kept = bench.store(3)
        gone = bench.store(3)
        bench.deliver(gone)
        bench.pass_s(400 * DAY_S)
        bench.store(1, "newest.event")
        bench.rest(3)
        assert set(kept) <= set(bench.column("SELECT position FROM events"))
        assert not set(gone) & set(bench.column("SELECT position FROM events"))
        assert bench.verdict().holds


def test_the_newest_event_stays_however_old_it_is(tmp_path: Path) -> None:
    with yard(tmp_path, KEEP) as bench:
        newest = bench.store(3)[-1]
        bench.deliver()
        bench.pass_s(4000 * DAY_S)
        bench.upkeep._checkpoints._next = float("inf")
        bench.rest(3)
        assert bench.column("SELECT position FROM events") == [newest]
        bench.store(1)
        assert bench.verdict().holds


def test_without_a_trusted_clock_nothing_goes(tmp_path: Path) -> None:
    with yard(tmp_path, KEEP) as bench:
        fill(bench)
        bench.pass_s(4000 * DAY_S)
        bench.now = replace(bench.now, quality="unsynced", trusted=False)
        bench.rest(5)
        assert len(kinds(bench) & {"kind.alarm", "kind.picture"}) == 2


def test_an_event_under_an_unknown_clock_is_as_old_as_the_next_one_under_a_known_one(tmp_path: Path) -> None:
    with yard(tmp_path, KEEP) as bench:
        today = bench.now
        bench.now = replace(today, wall_us=86_400_000_000)  # 1970, as after a cold boot
        bench.store(3, "kind.cold", clock="unsynced")
        bench.now = today
        bench.store(1, "kind.known")
        bench.deliver()
        bench.pass_s(80 * DAY_S)
        bench.store(1, "newest.event")
        bench.rest(3)
        assert "kind.cold" in kinds(bench)
        bench.pass_s(20 * DAY_S)
        bench.store(1, "newest.event")
        bench.rest(3)
        assert not {"kind.cold", "kind.known"} & kinds(bench)


def test_nothing_of_it_is_left_in_the_files(tmp_path: Path) -> None:
    bench = Yard(tmp_path, KEEP)
    for number in range(40):
        bench.store(20, data={"secret": f"told-once-{number:04}", "filler": "x" * (number * 37)})
    bench.deliver()
    bench.pass_s(91 * DAY_S)
    bench.store(1, "newest.event")
    assert b"told-once-0000" in bench.raw()
    bench.rest(3)
    assert (tmp_path / "events.db-wal").stat().st_size == 0
    bench.abandon()
    assert b"told-once" not in bench.raw()


def test_a_long_history_is_gone_through_in_small_pieces(tmp_path: Path) -> None:
    with yard(tmp_path, KEEP) as bench:
        bench.store(1300)
        bench.deliver()
        bench.pass_s(91 * DAY_S)
        bench.store(1, "newest.event")
        steps = 0
        while bench.upkeep._retention.is_due(bench.now):
            assert len(bench.upkeep._retention.piece(bench.conn, bench.now)) <= 250
            steps += 1
        assert steps == 6
        assert bench.one("SELECT count(*) FROM tombstones") == 1
        assert bench.verdict().erased == 1301
