from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.schedules import any_covers, parse_interval

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "moment", "covered"),
    [
        ("mon-fri 07:00-19:00", "2026-11-23T07:00", True),  # a Monday
        ("mon-fri 07:00-19:00", "2026-11-23T06:59", False),
        ("mon-fri 07:00-19:00", "2026-11-23T19:00", False),
        ("mon-fri 07:00-19:00", "2026-11-22T12:00", False),
        ("sat,sun 00:00-24:00", "2026-11-22T23:59", True),
        ("fri-mon 10:00-11:00", "2026-11-23T10:30", True),
        ("fri 22:00-06:00", "2026-11-28T05:59", True),  # Saturday morning belongs to Friday's night
        ("fri 22:00-06:00", "2026-11-27T05:59", False),
        ("fri 22:00-06:00", "2026-11-28T22:30", False),
    ],
)
def test_hours_and_days(text: str, moment: str, covered: bool) -> None:
    assert parse_interval(text).covers(datetime.fromisoformat(moment)) is covered


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon 7:00-19:00",
        "mon-fry 07:00-19:00",
        "mon 07:00-07:00",
        "mon 25:00-26:00",
        "mon 07:60-08:00",
        "mon 24:00-01:00",
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"should look like|hours go from|days are"):
        parse_interval(text)


def covered_hours(text: str, day: str) -> int:
    """Real hours of the local day that the interval covers, minute by minute."""
    interval = parse_interval(text)
    start = datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)
    minutes = (start + timedelta(minutes=step) for step in range(25 * 60 + 60))
    local = [minute.astimezone(BERLIN) for minute in minutes]
    return sum(any_covers([interval], at) for at in local if at.date().isoformat() == day) // 60


def test_daylight_saving_changes() -> None:
    # 29 March 2026: 02:00 becomes 03:00. 25 October 2026: 03:00 becomes 02:00 once more.
    assert covered_hours("sun 00:00-24:00", "2026-03-29") == 23
    assert covered_hours("sun 00:00-24:00", "2026-10-25") == 25
    assert covered_hours("sun 02:00-03:00", "2026-03-29") == 0
    assert covered_hours("sun 02:00-03:00", "2026-10-25") == 2
    assert covered_hours("sun 07:00-19:00", "2026-03-29") == 12


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)))
def test_an_interval_and_its_complement_cover_every_moment_once(moment: datetime) -> None:
    day, night = parse_interval("mon-sun 06:00-22:00"), parse_interval("mon-sun 22:00-06:00")
    assert day.covers(moment) != night.covers(moment)
