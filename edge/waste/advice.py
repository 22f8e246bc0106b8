"""Where to go when a bin is full: another one here, or the nearest station with room. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.config.station import Neighbour

FRESH_S = 6 * 3600.0
"""What a neighbour said longer ago is not passed on: it may have been off since."""

ROOM_BELOW_PERCENT = 85.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What a neighbour last said: percent full by category, and when (monotonic seconds)."""

    fill_percent: Mapping[str, float]
    at_s: float


def nearest(category: str, neighbours: Mapping[str, Neighbour], heard: Mapping[str, Heard], now_s: float) -> str:
    """The nearest station that has room for a category, as far as is known, by its device id; empty: none."""
    with_room = [
        name
        for name in neighbours
        if (said := heard.get(name)) is not None
        and now_s - said.at_s <= FRESH_S
        and said.fill_percent.get(category, 100.0) < ROOM_BELOW_PERCENT
    ]
    return min(with_room, key=lambda name: neighbours[name].walk_m, default="")
