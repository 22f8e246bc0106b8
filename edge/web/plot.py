"""How full the bins were, as a drawing made on the device: time to the right, percent upwards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edge.store.history import StoredEvent

WIDTH, HEIGHT = 360, 220
"""About the pixels of a phone, so that the figures can be read on one."""
LEFT, RIGHT, TOP, BOTTOM = 30, 6, 8, 24
"""The margins, for the figures."""
DAYS = 7
LINES = 6
"""Kinds of line in the style sheet; further bins begin with the first again."""


@dataclass(frozen=True, slots=True)
class Line:
    """One bin: `points` as SVG takes them."""

    name: str
    kind: int
    points: str


@dataclass(frozen=True, slots=True)
class Plot:
    """`days`: where each begins, and its name."""

    lines: tuple[Line, ...]
    days: tuple[tuple[float, str], ...]
    grid: tuple[tuple[float, str], ...]


def percents(events: Iterable[StoredEvent]) -> dict[str, list[tuple[int, float]]]:
    """By bin the levels that were told, each with its moment."""
    found: dict[str, list[tuple[int, float]]] = {}
    for event in events:
        data = json.loads(event.body)["data"]
        if isinstance(percent := data.get("percent"), int | float) and isinstance(name := data.get("bin"), str):
            found.setdefault(name, []).append((event.happened_us, float(percent)))
    return found


def draw(levels: Mapping[str, list[tuple[int, float]]], now_us: int, zone: str) -> Plot:
    """The last seven days. A level stands until the next is told, so the lines are steps."""
    begin_us = now_us - DAYS * 86_400_000_000
    lines = []
    for number, (name, told) in enumerate(sorted(levels.items())):
        points: list[str] = []
        before: float | None = None
        for at_us, percent in sorted(told):
            if at_us >= begin_us and before is not None:
                points.append(f"{_x(at_us, begin_us, now_us):.1f},{_y(before):.1f}")
            if at_us >= begin_us:
                points.append(f"{_x(at_us, begin_us, now_us):.1f},{_y(percent):.1f}")
            before = percent
        if before is not None:
            points.append(f"{_x(now_us, begin_us, now_us):.1f},{_y(before):.1f}")
        lines.append(Line(name, number % LINES, " ".join(points)))
    grid = tuple((round(_y(percent), 1), f"{percent:g}") for percent in (0.0, 25.0, 50.0, 75.0, 100.0))
    return Plot(tuple(lines), _days(begin_us, now_us, zone), grid)


def _days(begin_us: int, now_us: int, zone: str) -> tuple[tuple[float, str], ...]:
    place = ZoneInfo(zone)
    day = datetime.fromtimestamp(begin_us / 1e6, place).replace(hour=0, minute=0, second=0, microsecond=0)
    days = []
    for _ in range(DAYS):
        day += timedelta(days=1)
        days.append((round(_x(round(day.timestamp() * 1e6), begin_us, now_us), 1), day.strftime("%m-%d")))
    return tuple(days)


def _x(at_us: int, begin_us: int, now_us: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (at_us - begin_us) / (now_us - begin_us)


def _y(percent: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - min(100.0, max(0.0, percent)) / 100.0)
