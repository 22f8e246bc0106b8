from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import DataError
from edge.waste.forecast import MOST_BLOCKS, Forecast, activity, learn, outlook
from edge.waste.pattern import CELLS, HOLIDAY, HOURS, pieces, rates
from edge.waste.remember import from_json, to_json

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
NONE: frozenset[str] = frozenset()


def by_day(local: datetime) -> float:
    """Percent an hour: four from 8 to 20 o'clock, nothing at night, half of it at weekends."""
    return (4.0 if 8 <= local.hour < 20 else 0.0) * (0.5 if local.weekday() >= 5 else 1.0)


def taught(hours: int, start: datetime = MONDAY, known: Forecast | None = None, factor: float = 1.0) -> Forecast:
    """A bin that is emptied at 90 %, looked at every half hour."""
    known, level = learn(known or Forecast(), None, start, NONE), 0.0
    for half in range(hours * 2):
        local = start + timedelta(hours=half / 2)
        known = learn(known, level, local, NONE, full=level >= 90)
        if level >= 90:
            level = 0.0
            known = learn(known, None, local, NONE)
        level += by_day(local) / 2 * factor
    return known


MONTH = taught(28 * 24)


def test_a_bin_that_was_never_seen_to_fill_is_unknown() -> None:
    assert outlook(Forecast(), 50.0, MONDAY, NONE) is None
    quiet = Forecast()
    for hour in range(200):
        quiet = learn(quiet, 10.0, MONDAY + timedelta(hours=hour), NONE)
    assert outlook(quiet, 50.0, MONDAY, NONE) is None


def test_a_young_bin_is_told_linearly_and_widely() -> None:
    young = taught(30)
    found = outlook(young, 24.0, MONDAY + timedelta(hours=30), NONE)
    assert found is not None
    assert found.basis == "linear"
    assert found.high_h is not None
    assert found.low_h < found.hours / 2
    assert found.high_h > found.hours * 2


def test_a_month_old_bin_knows_its_nights_and_weekends() -> None:
    evening = MONDAY + timedelta(days=28, hours=19)
    one = outlook(MONTH, 12.0, evening, NONE)
    assert one is not None
    assert one.basis == "pattern"
    assert one.hours == pytest.approx(15.0, abs=0.8)  # four percent until 20 o'clock, the others from eight o'clock on
    friday = outlook(MONTH, 40.0, MONDAY + timedelta(days=32, hours=20), NONE)
    tuesday = outlook(MONTH, 40.0, MONDAY + timedelta(days=29, hours=20), NONE)
    assert friday is not None
    assert tuesday is not None
    assert friday.hours > tuesday.hours + 15
    assert friday.low_h <= friday.hours <= (friday.high_h or 0)


def test_a_full_bin_is_full_now_and_one_beyond_two_weeks_unknown() -> None:
    now = MONDAY + timedelta(days=28)
    full = outlook(MONTH, -3.0, now, NONE)
    assert full is not None
    assert (full.hours, full.low_h, full.high_h) == (0.0, 0.0, 0.0)
    assert outlook(MONTH, 5000.0, now, NONE) is None


def test_without_a_clock_the_mean_rate_remains() -> None:
    found = outlook(MONTH, 10.0, None, NONE)
    assert found is not None
    assert found.basis == "linear"
    assert found.hours == pytest.approx(10 / (4 * 12 * 6 / 168), rel=0.2)


def test_an_unannounced_quiet_week_is_felt_within_days() -> None:
    start = MONDAY + timedelta(days=28)
    quiet = taught(72, start, MONTH, factor=0.25)
    usual = taught(72, start, MONTH)
    assert activity(quiet) < 0.6
    assert activity(usual) == pytest.approx(1.0, abs=0.1)
    slow, fast = (outlook(one, 40.0, start + timedelta(hours=72), NONE) for one in (quiet, usual))
    assert slow is not None
    assert fast is not None
    assert slow.hours > fast.hours + 2


def test_a_holiday_begins_as_a_sunday_and_is_learnt_apart() -> None:
    pattern = rates(MONTH.gain, MONTH.hours)
    noon, sunday, monday = HOLIDAY * HOURS + 12, 6 * HOURS + 12, 12
    assert pattern[noon] == pytest.approx(pattern[sunday], rel=0.25)
    assert pattern[noon] < 0.8 * pattern[monday]
    days = frozenset({"2026-10-05"})
    known = learn(MONTH, 10.0, datetime(2026, 10, 5, 11, tzinfo=UTC), days)
    known = learn(known, 11.0, datetime(2026, 10, 5, 12, tzinfo=UTC), days)
    assert known.hours[HOLIDAY * HOURS + 11] == 1.0
    assert known.hours[11] < MONTH.hours[11]


def test_gaps_and_clocks_that_go_back_teach_nothing() -> None:
    known = learn(Forecast(), 10.0, MONDAY, NONE)
    for later in (timedelta(hours=7), timedelta(hours=-5), timedelta(days=900)):
        assert learn(known, 60.0, MONDAY + later, NONE).seen_h == 0.0
    assert learn(known, 60.0, None, NONE).mark_s is None


def test_an_hour_that_is_shown_twice_counts_twice() -> None:
    start = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    found = list(pieces(start, 3.0, NONE))
    assert sum(hours for _, hours in found) == pytest.approx(3.0)
    assert sum(hours for cell, hours in found if cell == 6 * HOURS + 2) == pytest.approx(2.0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-2, 400), st.none() | st.floats(0, 100), st.booleans()), max_size=60))
def test_whatever_is_taught_rates_are_none_below_zero_and_the_memory_is_bounded(
    looks: list[tuple[float, float | None, bool]],
) -> None:
    known, local = MONTH, MONDAY
    for hours, level, full in looks:
        local += timedelta(hours=hours)
        known = learn(known, level, local, NONE, full=full)
    assert min(rates(known.gain, known.hours)) >= 0.0
    assert len(known.blocks) <= MOST_BLOCKS
    found = outlook(known, 30.0, local, NONE)
    assert found is None or 0.0 <= found.low_h <= found.hours
    assert len(from_json(json.loads(json.dumps(to_json(known)))).blocks) == len(known.blocks)


def test_what_was_learnt_survives_as_json() -> None:
    text = json.dumps(to_json(MONTH))
    assert len(text) < 8000
    known = from_json(json.loads(text))
    assert known.mark_s is None
    now = MONDAY + timedelta(days=28)
    after, before = (outlook(one, 30.0, now, NONE) for one in (known, MONTH))
    assert after is not None
    assert before is not None
    assert after.hours == pytest.approx(before.hours, abs=0.2)
    assert after.high_h == pytest.approx(before.high_h, abs=0.2)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"gain": [0.0]},
        {"gain": [float("nan")] * CELLS},
        {"gain": [True] * CELLS},
        {"hours": [-1.0] * CELLS},
        {"hours": "many"},
        {"seen_h": None},
        {"seen_h": 1e300},
        {"recent": [1.0, -1.0]},
        {"blocks": [[1.0, 0.0]]},
        {"blocks": [[1.0, 8.0]] * (MOST_BLOCKS + 1)},
        {"blocks": [1.0]},
    ],
)
def test_a_damaged_memory_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="damaged"):
        from_json({**to_json(MONTH), **change})


@pytest.mark.parametrize("value", [None, [], "{}", 3])
def test_what_is_no_memory_at_all_is_refused(value: object) -> None:
    with pytest.raises(DataError):
        from_json(value)


@pytest.mark.parametrize("came", [0.0, -1.0])
def test_a_bin_that_stood_still_for_weeks_is_told_all_the_same(came: float) -> None:
    """Residents are away, or the waste dries: nothing came of what was expected, or less than nothing."""
    known = Forecast(
        gain=(1.0,) * CELLS, hours=(1.0,) * CELLS, seen_h=1000.0, blocks=((8.0, 8.0),) * 3 + ((came, 8.0),) * 60
    )
    seen = outlook(known, 50.0, MONDAY, frozenset())
    assert seen is None or seen.low_h <= seen.hours
