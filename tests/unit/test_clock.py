from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime

import pytest

from edge import clock
from edge.clock import Now, SystemClock, boot_id, kernel_synchronised


def test_the_wall_clock_is_an_aware_utc_time() -> None:
    assert Now(0.0, 1_700_000_000_500_000).wall == datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=UTC)


def test_a_reading_has_both_clocks() -> None:
    before_s, before_us = time.monotonic(), time.time_ns() // 1000
    now = SystemClock(synchronised=lambda: True)()
    assert before_s <= now.mono_s <= time.monotonic()
    assert before_us <= now.wall_us <= time.time_ns() // 1000
    assert (now.quality, now.trusted) == ("synced", True)


@pytest.mark.parametrize(
    ("synced", "ahead_us", "trusted"),
    [(True, 10**12, True), (False, 10**12, False), (False, -(10**12), True)],
    ids=["synchronised", "before the newest event", "after the newest event"],
)
def test_an_unsynchronised_clock_is_trusted_unless_it_is_certainly_wrong(
    synced: bool, ahead_us: int, trusted: bool
) -> None:
    now = SystemClock(time.time_ns() // 1000 + ahead_us, synchronised=lambda: synced)()
    assert now.trusted is trusted
    assert now.quality == ("synced" if synced else "unsynced")


def test_the_kernel_is_asked_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    mono_s = [1000.0]
    answers = iter([False, True])
    monkeypatch.setattr(clock.time, "monotonic", lambda: mono_s[0])
    reading = SystemClock(synchronised=lambda: next(answers))
    assert [reading().quality, reading().quality] == ["unsynced", "unsynced"]
    mono_s[0] += 1.5
    assert reading().quality == "synced"


def test_a_clock_that_was_just_set_is_asked_about_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mono_s, wall_ns = [1000.0], [1_700_000_000_000_000_000]
    answers = iter([True, False])
    monkeypatch.setattr(clock.time, "monotonic", lambda: mono_s[0])
    monkeypatch.setattr(clock.time, "time_ns", lambda: wall_ns[0])
    reading = SystemClock(synchronised=lambda: next(answers))
    assert reading().quality == "synced"
    mono_s[0] += 0.5
    wall_ns[0] += 500_000_000
    assert reading().quality == "synced"
    wall_ns[0] += 200_000_000
    assert reading().quality == "unsynced"


def test_the_kernel_answers() -> None:
    assert kernel_synchronised() in (True, False)
    assert str(uuid.UUID(boot_id())) == boot_id() == boot_id()
