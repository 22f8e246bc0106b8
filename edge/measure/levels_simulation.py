"""Simulated months of residents' habits, and how well the hours until full are forecast in them.

Bags come as a Poisson process whose rate has a weekday, two humps a day, a random factor from day to day, and
holidays; each bag fills a random (gamma) share; a lorry comes some hours after the bin was full. What would have come
without the lorry is known to the simulation, so every forecast has its truth, also one that an emptying overtook.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from edge.waste.forecast import Forecast, Outlook, learn, outlook

FULL = 90.0
STEP_S = 1800
FIRST_DAY = datetime(2026, 9, 7, tzinfo=UTC)  # a Monday; hours count in the bins' own time
HORIZON_H = 14 * 24.0


@dataclass(frozen=True, slots=True)
class Ranges:
    """From where the habits of one bin are drawn, each uniformly between two bounds.

    `percent_a_day`; `weekend`: weekend days against others; `humps_h`: when the morning's and the evening's hump peak;
    `night`: share of the bags that comes evenly over the day; `day_sigma`: log-normal factor from day to day;
    `bag_percent`: mean of a bag; `holiday`: factor in the holiday week; `noise_percent`: of the level measured.
    """

    percent_a_day: tuple[float, float]
    weekend: tuple[float, float]
    morning_h: tuple[float, float]
    evening_h: tuple[float, float]
    night: tuple[float, float]
    day_sigma: tuple[float, float]
    bag_percent: tuple[float, float]
    holiday: tuple[float, float]
    noise_percent: tuple[float, float]


# Those looked at while the forecast was written …
DEVELOPED_ON = Ranges(
    (20.0, 60.0), (1.2, 1.6), (7.0, 8.0), (18.0, 19.5), (0.1, 0.25), (0.1, 0.25), (1.0, 2.0), (0.4, 0.7), (0.3, 0.8)
)
# … and the wider and other ones that it is measured on.
MEASURED_ON = Ranges(
    (10.0, 90.0), (0.5, 2.0), (6.0, 10.0), (17.0, 22.0), (0.05, 0.5), (0.05, 0.45), (0.5, 4.0), (0.2, 1.8), (0.2, 1.5)
)


@dataclass(frozen=True, slots=True)
class Month:
    """What fell into a bin: `fallen[i]` is the sum in percent until step i, as if nobody ever emptied it; `emptied`:
    the steps at which the lorry came. `holidays` as the configuration names them, when the site does.
    """

    fallen: tuple[float, ...]
    levels: tuple[float, ...]
    emptied: frozenset[int]
    holidays: frozenset[str]


def simulate(ranges: Ranges, seed: int, days: int, *, told: bool) -> Month:
    """One bin for so many days. `told`: whether the site's holidays are configured."""
    chance = random.Random(seed)

    def draw(bounds: tuple[float, float]) -> float:
        return chance.uniform(*bounds)

    a_day, weekend, night, bag = map(draw, (ranges.percent_a_day, ranges.weekend, ranges.night, ranges.bag_percent))
    humps, sigma = (draw(ranges.morning_h), draw(ranges.evening_h)), draw(ranges.day_sigma)
    off, noise = draw(ranges.holiday), draw(ranges.noise_percent)
    holiday_from = chance.randrange(21, days - 7)
    profile = [
        night / 24 + (1 - night) * sum(_hump(hour, peak) for peak in humps) / len(humps) for hour in _half_hours()
    ]
    fallen, levels, emptied = [0.0], [0.0], set()
    level, due = 0.0, -1
    factor = 1.0
    for step in range(days * 48):
        day = step // 48
        if step % 48 == 0:
            factor = math.exp(chance.gauss(-sigma * sigma / 2, sigma)) * (weekend if day % 7 >= 5 else 1.0)
            factor *= off if holiday_from <= day < holiday_from + 7 else 1.0
        bags = _poisson(chance, a_day * factor * profile[step % 48] / 2 / bag)
        more = sum(chance.gammavariate(4.0, bag / 4.0) for _ in range(bags))
        fallen.append(fallen[-1] + more)
        level += more
        if due < 0 and level >= FULL:
            due = step + chance.randrange(2, 24)
        if step == due:
            level, due = chance.uniform(0.0, 3.0), -1
            emptied.add(step + 1)
        levels.append(min(100.0, max(0.0, level + chance.gauss(0.0, noise))))
    names = {(FIRST_DAY + timedelta(days=holiday_from + day)).date().isoformat() for day in range(7)} if told else ()
    return Month(tuple(fallen), tuple(levels), frozenset(emptied), frozenset(names))


def _half_hours() -> Iterator[float]:
    return (0.25 + place / 2 for place in range(48))


def _hump(hour: float, peak: float) -> float:
    """Density per hour of a hump 1.5 hours wide, wrapped around midnight."""
    away = min(abs(hour - peak), 24.0 - abs(hour - peak))
    return math.exp(-((away / 1.5) ** 2) / 2) / (1.5 * math.sqrt(2 * math.pi))


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's product of uniforms; the means here are below ten."""
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def truth_h(month: Month, step: int, room: float) -> float | None:
    """After how many hours `room` percent really came; None beyond the horizon or the end of what was simulated."""
    for later in range(step + 1, min(len(month.fallen), step + int(HORIZON_H * 2) + 1)):
        came = month.fallen[later] - month.fallen[step]
        if came >= room:
            part = (room - (month.fallen[later - 1] - month.fallen[step])) / (
                month.fallen[later] - month.fallen[later - 1]
            )
            return (later - 1 - step + part) * STEP_S / 3600
    return None


def since_emptied_h(month: Month, step: int) -> float | None:
    """The naive forecast: on as since the last emptying. None in the first three hours after one."""
    start = max((one for one in month.emptied if one <= step), default=0)
    return _straight(month, start, step, least=6)


def last_day_h(month: Month, step: int) -> float | None:
    """A less naive one: on as in the last 24 hours (or since the last emptying, when that was later)."""
    start = max((one for one in month.emptied if one <= step), default=0)
    return _straight(month, max(start, step - 48), step, least=6)


def _straight(month: Month, start: int, step: int, *, least: int) -> float | None:
    came = month.levels[step] - month.levels[start]
    if step - start < least or came <= 0.0:
        return None
    return min(HORIZON_H, (FULL - month.levels[step]) * (step - start) / came * STEP_S / 3600)


@dataclass(frozen=True, slots=True)
class Case:
    """One forecast beside what became of it. Hours."""

    truth: float
    ours: Outlook
    since_emptied: float
    last_day: float


def cases(month: Month, from_day: int, to_day: int) -> Iterator[Case]:
    """A forecast every three hours between two days, wherever all of the methods give one."""
    known = Forecast()
    for step, level in enumerate(month.levels):
        local = FIRST_DAY + timedelta(seconds=step * STEP_S)
        known = learn(known, None if step in month.emptied else level, local, month.holidays, full=level >= FULL)
        if step % 6 or not from_day * 48 <= step < to_day * 48 or level >= FULL:
            continue
        truth = truth_h(month, step, FULL - level)
        ours = outlook(known, FULL - level, local, month.holidays)
        naive, day = since_emptied_h(month, step), last_day_h(month, step)
        if truth is not None and ours is not None and naive is not None and day is not None:
            yield Case(truth, ours, naive, day)


def _error(found: list[Case], of: Callable[[Case], float]) -> float:
    return round(median(abs(of(case) - case.truth) for case in found), 2)


def figures(found: list[Case]) -> dict[str, Any]:
    """The median absolute errors in hours, the gain over the better naive forecast, and the interval's coverage."""
    ours, naive, day = (
        _error(found, lambda case: case.ours.hours),
        _error(found, lambda case: case.since_emptied),
        _error(found, lambda case: case.last_day),
    )
    held = sum(c.ours.low_h <= c.truth <= (math.inf if c.ours.high_h is None else c.ours.high_h) for c in found)
    widths = [(HORIZON_H if c.ours.high_h is None else c.ours.high_h) - c.ours.low_h for c in found]
    return {
        "forecasts": len(found),
        "median_hours_to_full": round(median(case.truth for case in found), 1),
        "median_error_h": ours,
        "naive_error_h": naive,
        "last_day_error_h": day,
        "better_by": round(1.0 - ours / min(naive, day), 3),
        "coverage": round(held / len(found), 3),
        "median_width_h": round(median(widths), 1),
    }


def measure(bins: int, seed: int, ranges: Ranges = MEASURED_ON) -> dict[str, Any]:
    """Bins for ten weeks each, of which half have their holidays configured; `young`: the first days of each."""
    months = [simulate(ranges, seed * 1000 + number, 70, told=number % 2 == 0) for number in range(bins)]
    known = [case for month in months for case in cases(month, 14, 56)]
    young = [case for month in months for case in cases(month, 1, 14)]
    return {"bins": bins, "seed": seed, "interval": 0.8, **figures(known), "young": figures(young)}
