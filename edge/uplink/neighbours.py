"""How full the bins are, said to the neighbouring stations and heard from them: one retained message each.

Nothing is signed. A false message sends somebody to a full bin; it opens and closes nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.bin_events import NeighbourTold
from edge.clock import Clock, Now
from edge.uplink.inbound import Handler, Inbound

log = logging.getLogger(__name__)

STEP_PERCENT = 5
"""Steps in which a level is said, so that the message changes seldom."""

OLD_HOURS = 6
"""What was said longer ago is not believed."""

_HOUR_US = 3_600_000_000
_MOST_BYTES = 8192
_MOST_BINS = 32


@dataclass(frozen=True, slots=True)
class BinLevel:
    """What a station says of one bin. `fill_percent`: [0, 100], None when it is not known. `takes`: whether it takes
    anything, being neither full nor on fire.
    """

    category: str
    fill_percent: float | None
    takes: bool


def levels(bins: Mapping[str, BinLevel], wall_us: int) -> bytes:
    """The message, by the bins' names. It says the hour, so that a station which is off is noticed by its last one."""
    told = {
        name: {"category": one.category, "fill_percent": _stepped(one.fill_percent), "takes": one.takes}
        for name, one in bins.items()
    }
    said = {"bins": told, "hour": wall_us // _HOUR_US}
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _stepped(percent: float | None) -> int | None:
    return None if percent is None else min(100, max(0, STEP_PERCENT * round(percent / STEP_PERCENT)))


def read(payload: bytes, now: Now) -> dict[str, float]:
    """Percent full of the emptiest bin of each category that takes something; nothing where it was said too long ago by
    a clock that is trusted. Raises ValueError.
    """
    if len(payload) > _MOST_BYTES:
        raise ValueError(f"{len(payload)} bytes, at most {_MOST_BYTES} are read")
    try:
        said = json.loads(payload)
        bins, hour = said["bins"], said["hour"]
        if type(hour) is not int:
            raise ValueError("its hour is no whole number")
        if len(bins) > _MOST_BINS:
            raise ValueError(f"{len(bins)} bins, at most {_MOST_BINS} are read")
        found: dict[str, float] = {}
        for one in bins.values():
            category, percent = one["category"], one["fill_percent"]
            if not isinstance(category, str) or not 0 < len(category) <= 63 or one["takes"] is not True:
                continue
            if type(percent) in (int, float) and 0 <= percent <= 100:
                found[category] = min(float(percent), found.get(category, 100.0))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not what a station says: {error!r}") from error
    return {} if now.trusted and now.wall_us // _HOUR_US - hour > OLD_HOURS else found


def listener(station: str, post: Callable[[NeighbourTold], bool], clock: Clock) -> Handler:
    """Takes the messages of one neighbouring station, by its device id. What cannot be read is left out."""

    def take(message: Inbound) -> bool:
        try:
            told = NeighbourTold(station, read(message.payload, clock()))
        except ValueError as error:
            log.warning("the levels of %s cannot be read: %s", station, error)
            return True
        return post(told)

    return take
