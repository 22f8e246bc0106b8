"""Delivery hours: whether a category is taken now, and when it will be again. Pure.

Judged by what a clock on the site's wall shows, as all schedules are. While the wall clock cannot be trusted every
category is taken: nobody is sent away by a machine that does not know the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from edge.actions import DayTime
from edge.clock import Now
from edge.config.station import Station
from edge.schedules import Interval, any_covers, parse_interval

_LOOK_AHEAD_DAYS = 8
"""A schedule repeats every week; what does not open within eight days opens on no day that is worth saying."""


@dataclass(frozen=True, slots=True)
class _Hours:
    open: tuple[Interval, ...]
    holidays: tuple[Interval, ...]


class DeliveryHours:
    """The hours of a station, parsed once. Immutable."""

    def __init__(self, station: Station, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._holidays = frozenset(map(date.fromisoformat, station.holidays))
        self._hours: Mapping[str, _Hours] = {
            category: _Hours(tuple(map(parse_interval, hours.open)), tuple(map(parse_interval, hours.holidays)))
            for category, hours in station.hours.items()
        }
        self._collected = tuple(map(parse_interval, station.collected))

    def takes(self, category: str, now: Now) -> bool:
        """Whether this category may be delivered now."""
        hours = self._hours.get(category)
        return hours is None or not now.trusted or self._covers(hours, now.wall.astimezone(self._zone))

    def opens(self, category: str, now: Now) -> DayTime | None:
        """When a category that is closed opens next, as people say it; None when it does not within a week, when it is
        open, or when nobody knows the time.
        """
        hours = self._hours.get(category)
        if hours is None or not now.trusted:
            return None
        return self._next(now, (*hours.open, *hours.holidays), lambda local: self._covers(hours, local))

    def collected(self, now: Now) -> DayTime | None:
        """When the bins are emptied next, as far as the configuration knows."""
        if not self._collected or not now.trusted:
            return None
        return self._next(now, self._collected, lambda local: any_covers(self._collected, local))

    def _covers(self, hours: _Hours, local: datetime) -> bool:
        """A holiday has hours of its own; what reaches past midnight belongs to the day on which it began."""
        today = hours.holidays if local.date() in self._holidays else hours.open
        before = local - timedelta(days=1)
        yesterday = hours.holidays if before.date() in self._holidays else hours.open
        minute = local.hour * 60 + local.minute
        if any(one.covers(local) and _began_on(one, local.weekday(), minute) for one in today):
            return True
        return any(one.covers(local) and not _began_on(one, local.weekday(), minute) for one in yesterday)

    def _next(self, now: Now, intervals: tuple[Interval, ...], covers: Callable[[datetime], bool]) -> DayTime | None:
        """The next beginning of an interval at which `covers` holds: intervals overlap, and holidays replace days."""
        local = now.wall.astimezone(self._zone)
        if covers(local):
            return None
        minutes = sorted({one.start_minute for one in intervals})
        for days in range(_LOOK_AHEAD_DAYS + 1):
            day = local.date() + timedelta(days=days)
            for minute in minutes:
                at = datetime.combine(day, time(minute // 60, minute % 60), self._zone)
                if at > local and covers(at):
                    return DayTime(minute, at.weekday() if days else None)
        return None


def _began_on(interval: Interval, weekday: int, minute: int) -> bool:
    """Whether an interval that covers this minute began on this weekday, and not on the day before."""
    return weekday in interval.days and minute >= interval.start_minute
