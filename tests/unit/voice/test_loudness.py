"""Softer at night by the site's own clock, unless that is not known, and never for an alarm."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from edge.clock import Now
from edge.schedules import parse_interval
from edge.voice.loudness import FULL_PERCENT, Loudness

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = (parse_interval("mon-sun 22:00-06:00"),)


def at(hour: int, minute: int = 0, *, trusted: bool = True) -> Loudness:
    """On a Wednesday by the clock on the site's wall."""
    local = datetime(2026, 11, 25, hour, minute, tzinfo=SHANGHAI)
    now = Now(0.0, round(local.astimezone(UTC).timestamp() * 1e6), trusted=trusted)
    return Loudness(60, 20, NIGHT, clock=lambda: now, zone=SHANGHAI)


@pytest.mark.parametrize(
    ("hour", "minute", "percent"), [(21, 59, 60), (22, 0, 20), (0, 30, 20), (5, 59, 20), (6, 0, 60), (14, 0, 60)]
)
def test_quiet_hours(hour: int, minute: int, percent: int) -> None:
    assert at(hour, minute).percent(full=False) == percent


@pytest.mark.parametrize("hour", [14, 23])
def test_an_alarm_ignores_them(hour: int) -> None:
    assert at(hour).percent(full=True) == FULL_PERCENT


def test_a_clock_that_is_not_trusted_makes_nothing_quiet() -> None:
    loudness = at(23, trusted=False)
    assert loudness.percent(full=False) == 60
    assert loudness.local() is None


def test_the_sites_own_day_counts() -> None:
    local = at(1).local()
    assert local is not None
    assert local.weekday() == 2, "in UTC it is still Tuesday"


def test_without_a_clock_it_is_always_the_usual_volume() -> None:
    assert Loudness(70, 20, NIGHT).percent(full=False) == 70
