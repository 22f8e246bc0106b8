"""Schedules by weekday and hour, in the site's own time zone.

An interval is judged by what a clock on the wall of the site shows, so daylight-saving changes need no rule of
their own: an hour that is shown twice counts twice, one that is never shown never comes. An interval whose end
is not after its beginning reaches into the next day and belongs to the day it began on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TEXT = re.compile(r"([a-z,\-]+) (\d\d):(\d\d)-(\d\d):(\d\d)")
_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Interval:
    """Weekdays (Monday is 0) and minutes since midnight, the end excluded; 1440 is the end of the day."""

    days: frozenset[int]
    start_minute: int
    end_minute: int

    def covers(self, local: datetime) -> bool:
        """Whether the site's local time lies inside."""
        minute = local.hour * 60 + local.minute
        if self.start_minute < self.end_minute:
            return local.weekday() in self.days and self.start_minute <= minute < self.end_minute
        if local.weekday() in self.days and minute >= self.start_minute:
            return True
        return (local - timedelta(days=1)).weekday() in self.days and minute < self.end_minute


def parse_interval(text: str) -> Interval:
    """Read "mon-fri 07:00-19:00", "sat,sun 22:00-06:00" or "mon-sun 00:00-24:00". Raises ValueError."""
    match = _TEXT.fullmatch(text.strip().lower())
    if not match:
        raise ValueError(f"{text!r} should look like 'mon-fri 07:00-19:00'")
    start, end = (int(match[i]) * 60 + int(match[i + 1]) for i in (2, 4))
    if int(match[3]) > 59 or int(match[5]) > 59 or start >= _MINUTES_A_DAY or end > _MINUTES_A_DAY or start == end:
        raise ValueError(f"{text!r}: hours go from 00:00 to 24:00, and the end differs from the beginning")
    return Interval(frozenset(_days(match[1], text)), start, end)


def _days(part: str, text: str) -> Iterable[int]:
    for piece in part.split(","):
        first, dash, last = piece.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            raise ValueError(f"{text!r}: days are {', '.join(_DAYS)}, as in 'mon-fri' or 'sat,sun'")
        begin = _DAYS.index(first)
        span = (_DAYS.index(last) - begin) % 7 if dash else 0
        yield from ((begin + step) % 7 for step in range(span + 1))


def any_covers(intervals: Iterable[Interval], local: datetime) -> bool:
    """Whether one of them covers the moment."""
    return any(interval.covers(local) for interval in intervals)
