"""What a station remembers over a restart, and what it makes of a memory that does not hold."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bin_events import LevelRead, Reading
from edge.config.station import Bin
from edge.waste import memory, polls
from edge.waste.decision import Station
from edge.waste.levels import LevelRules
from edge.waste.state import StationState, Tally
from tests.unit.waste.station_samples import BINS, at, rules

ARGS = {"poll": "lift", "texts": {"en": "Is it fast?"}, "until": 2_000_000_000}


def level_rules() -> dict[str, LevelRules]:
    return {name: LevelRules(name, Bin("recyclable", settle_s=0.5)) for name in BINS}


def lived() -> StationState:
    """A station that has seen some days of filling, a drop that was wrong, and an answered poll."""
    station = Station(replace(rules(), levels=level_rules()))
    state = station.first()
    for hour in range(80):
        reading = Reading(distance_mm=1000.0 - 5 * hour)
        for second in range(12):
            state, _ = station.step(state, LevelRead("paper", "top", reading), at(hour * 3600.0 + second))
    open_polls, _ = polls.add(state.polls, ARGS)
    open_polls, _ = polls.answer(open_polls, "lift", True, "p")
    return replace(state, polls=open_polls).with_bin("paper", tally=Tally(12, 2))


def test_it_comes_back_through_json() -> None:
    state = lived()
    kept = json.loads(json.dumps(memory.of(state)))
    found = memory.read(kept)
    learnt = state.bins["paper"].level.forecast
    assert found.forecasts["paper"].seen_h == pytest.approx(learnt.seen_h, abs=0.01)
    assert found.forecasts["paper"].seen_h > 70.0
    begun = memory.begin(Station(rules()).first(), found)
    assert begun.bins["paper"].tally == Tally(12, 2)
    assert begun.polls == state.polls
    assert begun.polls.next("p", frozenset(), 0) is None  # has answered before the restart
    assert begun.polls.next("q", frozenset(), 0) is not None


def test_a_bin_that_is_gone_is_forgotten() -> None:
    kept = memory.of(lived())
    kept["bins"]["gone"] = kept["bins"]["paper"]
    assert "gone" not in memory.begin(Station(rules()).first(), memory.read(kept)).bins


def damaged() -> list[Any]:
    whole = memory.of(lived())
    return [
        None,
        [],
        "x",
        {},
        {**whole, "version": 2},
        {**whole, "bins": 3},
        {**whole, "bins": {"paper": {"forecast": {"version": 1}, "judged": -1, "wrong": "x"}}},
    ]


@pytest.mark.parametrize("kept", damaged())
def test_what_does_not_hold_was_not_learnt_yet(kept: Any) -> None:
    found = memory.read(kept)
    assert memory.begin(Station(rules()).first(), found).bins["paper"].tally == Tally()


def test_what_holds_is_kept_beside_what_does_not() -> None:
    found = memory.read({**memory.of(lived()), "polls": {"a": 1}})
    assert found.polls == polls.NONE
    assert found.tallies["paper"] == Tally(12, 2)


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(nested, nested)
def test_nothing_that_lies_there_breaks_it(bins: Any, kept_polls: Any) -> None:
    memory.read({"version": memory.VERSION, "bins": bins, "polls": kept_polls})
    memory.read({"version": memory.VERSION, "bins": {"paper": bins}, "polls": [kept_polls]})
