"""Several sensors of one bin to one level, the cautious one. Pure.

Sensors of a kind are compared with each other; a scale and a ranger are not, since foam is full and light, and wet
kitchen waste heavy and low. The bin is as full as the fuller kind says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge.waste.sensor import Sensor, usable

# A heap under one of two sensors makes them differ by much less than this.
DISAGREE_PERCENT = 20.0
DISAGREE_S = 1800.0


def fuse(sensors: Mapping[str, Sensor]) -> tuple[float | None, tuple[str, ...]]:
    """(percent or None, the sensors that it comes from).

    Of each kind the upper median: of two the fuller, of three the middle one. Without any sound sensor, one that
    creeps is believed: its bin may really be full, and is seen to sooner than too late.
    """
    names = tuple(sorted(name for name, one in sensors.items() if usable(one)))
    if not names:
        names = tuple(sorted(name for name, one in sensors.items() if one.fault == "creeping"))
    levels = [_upper_median(sensors[name].level for name in group) for group in kinds(sensors, names)]
    return (max(levels), names) if levels else (None, ())


def kinds(sensors: Mapping[str, Sensor], names: Iterable[str]) -> list[tuple[str, ...]]:
    """The named sensors, rangers and scales apart; none empty."""
    names = tuple(names)
    groups = [tuple(name for name in names if sensors[name].load is load) for load in (False, True)]
    return [group for group in groups if group]


def _upper_median(levels: Iterable[float | None]) -> float:
    known = sorted(level for level in levels if level is not None)
    return known[len(known) // 2]


def disagreeing(sensors: Mapping[str, Sensor]) -> tuple[str, ...]:
    """Those that are too far from the rest of their kind: of three or more the outlying ones, of two both."""
    found: list[str] = []
    for group in kinds(sensors, sorted(name for name, one in sensors.items() if usable(one))):
        middle = _upper_median(sensors[name].level for name in group)
        far = tuple(name for name in group if abs((sensors[name].level or 0.0) - middle) > DISAGREE_PERCENT)
        found += group if far and len(group) == 2 else far
    return tuple(found)


def others_of(sensors: Mapping[str, Sensor], name: str) -> float | None:
    """The level by the other usable sensors of either kind; None without any."""
    return fuse({other: one for other, one in sensors.items() if other != name and usable(one)})[0]
