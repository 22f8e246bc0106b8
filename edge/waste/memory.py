"""What a station remembers over a restart, as JSON: what its bins have learnt of their filling, the polls, and how
often it was right. Pure.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from edge.errors import DataError
from edge.waste import polls, remember
from edge.waste.forecast import Forecast
from edge.waste.levels import BinLevel
from edge.waste.polls import Polls
from edge.waste.state import StationState, Tally

log = logging.getLogger(__name__)
T = TypeVar("T")
VERSION = 1


@dataclass(frozen=True, slots=True)
class Memory:
    """Of the bins by name; what is missing or damaged was not learnt yet."""

    forecasts: Mapping[str, Forecast] = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    polls: Polls = polls.NONE


def of(state: StationState) -> dict[str, Any]:
    """What is worth remembering of a state."""
    return {
        "version": VERSION,
        "bins": {
            name: {
                "forecast": remember.to_json(one.level.forecast) if isinstance(one.level, BinLevel) else None,
                "judged": one.tally.judged,
                "wrong": one.tally.wrong,
            }
            for name, one in state.bins.items()
        },
        "polls": polls.to_json(state.polls),
    }


def read(found: object) -> Memory:
    """What `of` gave. A part that does not hold is left out, and said; the rest is kept."""
    if not isinstance(found, Mapping) or found.get("version") != VERSION:
        return Memory()
    bins = found.get("bins")
    bins = bins if isinstance(bins, Mapping) else {}
    forecasts = {
        str(name): known
        for name, one in bins.items()
        if isinstance(one, Mapping) and (known := _kept(f"bin {name}", remember.from_json, one.get("forecast")))
    }
    tallies = {str(name): _tally(one) for name, one in bins.items() if isinstance(one, Mapping)}
    return Memory(forecasts, tallies, _kept("polls", polls.from_json, found.get("polls", [])) or polls.NONE)


def begin(state: StationState, memory: Memory) -> StationState:
    """The first state of a run, with what is remembered; the forecasts went into the rules."""
    for name, tally in memory.tallies.items():
        if name in state.bins:
            state = state.with_bin(name, tally=tally)
    return replace(state, polls=memory.polls)


def _kept(what: str, read_one: Callable[[object], T], value: object) -> T | None:
    try:
        return read_one(value)
    except DataError as error:
        log.warning("%s: %s", what, error)
        return None


def _tally(found: Mapping[str, Any]) -> Tally:
    counts = [found.get(name) for name in ("judged", "wrong")]
    if not all(type(count) is int and 0 <= count < 1 << 31 for count in counts):
        return Tally()
    return Tally(*counts)  # type: ignore[arg-type]
