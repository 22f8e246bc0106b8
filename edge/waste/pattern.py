"""What a bin has taught of its habits: percent an hour by weekday and hour, bounded, and forgetting slowly. Pure.

The rate of one hour of the week is seen only once a week. So it is drawn towards the product of the weekday's and the
hour's own factors, and those towards the mean (shrinkage: a cell counts by the hours behind it against a constant).
Holidays are an eighth day, which begins as a Sunday.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

HOURS = 24
DAYS = 8
HOLIDAY = 7
SUNDAY = 6
CELLS = DAYS * HOURS

HALF_LIFE_H = 45 * 24.0  # habits change with the season
HOUR_PRIOR_H = 4.0
DAY_PRIOR_H = 48.0
CELL_PRIOR_H = 10.0
NOTHING = 1e-9

Cells = tuple[float, ...]
EMPTY: Cells = (0.0,) * CELLS


def cell_of(local: datetime, holidays: frozenset[str]) -> int:
    """The hour of the week at a local time, or the hour of a holiday."""
    day = HOLIDAY if holidays and local.date().isoformat() in holidays else local.weekday()
    return day * HOURS + local.hour


def pieces(start: datetime, hours: float, holidays: frozenset[str]) -> Iterator[tuple[int, float]]:
    """(cell, hours in it) from a local time onwards. Counts real hours, also over a change of daylight saving."""
    at = start
    while hours > NOTHING:
        rest = 1.0 - (at.minute * 60 + at.second + at.microsecond / 1e6) / 3600.0
        part = min(rest, hours)
        yield cell_of(at, holidays), part
        hours -= part
        if at.tzinfo is None:
            at += timedelta(hours=part)
        else:
            at = datetime.fromtimestamp(at.timestamp() + part * 3600.0, at.tzinfo)


def mean_rate(gain: Cells, hours: Cells) -> float:
    """Percent an hour over all that was seen; 0 for a bin that nothing was seen of."""
    return max(0.0, sum(gain)) / max(NOTHING, sum(hours))


def rates(gain: Cells, hours: Cells) -> tuple[float, ...]:
    """Percent an hour for every cell, 0 or more."""
    mean = mean_rate(gain, hours)
    if mean <= NOTHING:
        return EMPTY
    by_hour = [
        (_sum(gain, range(hour, CELLS, HOURS)) + HOUR_PRIOR_H * mean)
        / (_sum(hours, range(hour, CELLS, HOURS)) + HOUR_PRIOR_H)
        for hour in range(HOURS)
    ]
    by_day = [_day_factor(gain, hours, by_hour, mean, day, 1.0) for day in range(HOLIDAY)]
    by_day.append(_day_factor(gain, hours, by_hour, mean, HOLIDAY, by_day[SUNDAY]))
    found = []
    for cell in range(CELLS):
        prior = by_hour[cell % HOURS] * by_day[cell // HOURS]
        found.append(max(0.0, (gain[cell] + CELL_PRIOR_H * prior) / (hours[cell] + CELL_PRIOR_H)))
    return tuple(found)


def _day_factor(gain: Cells, hours: Cells, by_hour: Sequence[float], mean: float, day: int, prior: float) -> float:
    """How a day compares with what its hours would give on an average day."""
    cells = range(day * HOURS, (day + 1) * HOURS)
    expected = sum(hours[cell] * by_hour[cell % HOURS] for cell in cells)
    return max(0.0, _sum(gain, cells) + DAY_PRIOR_H * mean * prior) / (expected + DAY_PRIOR_H * mean)


def _sum(values: Cells, cells: range) -> float:
    return sum(values[cell] for cell in cells)
