"""What a station remembers over a restart, and what it makes of a memory that does not hold."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.waste import memory, polls
from edge.waste.decision import Station
from edge.waste.forecast import Forecast
from edge.waste.levels import BinLevel
from edge.waste.pattern import CELLS
from edge.waste.state import StationState, Tally
from tests.unit.waste.station_samples import rules

ARGS = {"poll": "lift", "texts": {"en": "Is it fast?"}, "until": 2_000_000_000}


LEARNT = Forecast(gain=(1.5,) * CELLS, hours=(2.0,) * CELLS, seen_h=80.0, recent=(3.0, 4.0), blocks=((8.5, 8.0),))


def lived() -> StationState:
    """A station that has learnt how a bin fills, was wrong about two drops, and has an answered poll."""
    known, _ = polls.add(polls.NONE, ARGS)
    known, _ = polls.answer(known, "lift", True, "p")
    state = Station(rules()).first().with_bin("paper", tally=Tally(12, 2), level=BinLevel(forecast=LEARNT))
    return replace(state, polls=known)


def test_it_comes_back_through_json() -> None:
    state = lived()
    kept = json.loads(json.dumps(memory.of(state)))
    found = memory.read(kept)
    assert found.forecasts == {"paper": LEARNT}
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
