"""Times for people, by the clock on the device's wall; and days that people type."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.web.request import RefusedError


def shown(us: int, zone: str) -> str:
    """Microseconds since 1970 UTC as day and time of the device's zone."""
    return datetime.fromtimestamp(us / 1e6, tz=ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def begin_us(day: str, zone: str) -> int:
    """The first moment of a day. Raises RefusedError."""
    return round(datetime.combine(_day(day), datetime.min.time(), ZoneInfo(zone)).timestamp() * 1e6)


def end_us(day: str, zone: str) -> int:
    """The first moment after it. Raises RefusedError."""
    after = _day(day) + timedelta(days=1)
    return round(datetime.combine(after, datetime.min.time(), ZoneInfo(zone)).timestamp() * 1e6)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise RefusedError(400, "that is no day", hint="write it like 2026-11-22") from error
    if not 2000 <= day.year <= 2200:
        raise RefusedError(400, "that is no day of ours", hint="write it like 2026-11-22")
    return day
