from __future__ import annotations

import json

from edge.store.history import StoredEvent
from edge.web import plot

DAY_US = 86_400_000_000
NOW_US = 1_790_000_000_000_000


def told(bin_name: str, days_ago: float, percent: float) -> StoredEvent:
    body = json.dumps({"data": {"bin": bin_name, "percent": percent}}).encode()
    at_us = NOW_US - round(days_ago * DAY_US)
    return StoredEvent(1, "e", 1, "i", "bin.level", at_us, 0, "b", "synced", 3, bin_name, body, True)


def test_a_level_stands_until_the_next_is_told() -> None:
    levels = plot.percents([told("kitchen", 7.0, 0.0), told("kitchen", 3.5, 100.0), told("other", 10.0, 50.0)])
    drawn = plot.draw(levels, NOW_US, "Asia/Shanghai")
    begin, end = plot.LEFT, plot.WIDTH - plot.RIGHT
    middle, floor, top = (begin + end) / 2, plot.HEIGHT - plot.BOTTOM, plot.TOP
    kitchen, other = drawn.lines
    steps = f"{begin:.1f},{floor:.1f} {middle:.1f},{floor:.1f} {middle:.1f},{top:.1f} {end:.1f},{top:.1f}"
    assert (kitchen.name, kitchen.points) == ("kitchen", steps)
    assert other.points == f"{end:.1f},{(floor + top) / 2:.1f}"
    assert len(drawn.days) == plot.DAYS and all(begin <= x <= end for x, _ in drawn.days)


def test_levels_beyond_the_bin_stay_on_the_paper() -> None:
    drawn = plot.draw({"a": [(NOW_US - 1, -20.0), (NOW_US, 250.0)]}, NOW_US, "UTC")
    ys = [float(point.split(",")[1]) for point in drawn.lines[0].points.split()]
    assert min(ys) == plot.TOP and max(ys) == plot.HEIGHT - plot.BOTTOM


def test_what_tells_no_level_is_not_drawn() -> None:
    event = told("a", 1.0, 5.0)
    fire = StoredEvent(
        **{name: getattr(event, name) for name in event.__slots__} | {"body": b'{"data": {"by": "heat"}}'}
    )
    assert plot.percents([fire]) == {}
