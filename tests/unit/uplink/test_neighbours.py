"""What a station says of its levels, and what it makes of what others say."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bin_events import NeighbourTold
from edge.uplink.inbound import Inbound
from edge.uplink.neighbours import BinLevel, levels, listener, read

BINS = {
    "paper-1": BinLevel("recyclable", 62.4, True),
    "paper-2": BinLevel("recyclable", 12.5, True),
    "kitchen": BinLevel("kitchen", 96.0, False),
    "other": BinLevel("other", None, True),
}


def test_the_emptiest_bin_of_each_category_counts_and_full_or_unknown_ones_do_not() -> None:
    assert read(levels(BINS)) == {"recyclable": 10.0}


def test_a_level_that_moves_within_a_step_is_no_new_message() -> None:
    assert levels({"b": BinLevel("other", 41.0, True)}) == levels({"b": BinLevel("other", 39.0, True)})
    assert levels({"b": BinLevel("other", 41.0, True)}) != levels({"b": BinLevel("other", 47.0, True)})


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b'{"bins": 3}',
        b'{"bins": {"a": 3}}',
        b'{"bins": {"a": {"category": "other"}}}',
        json.dumps({"bins": {str(n): {} for n in range(40)}}).encode(),
        b'{"bins": {}}' + b" " * 9000,
        b"[" * 5000,
        b"\xff",
    ],
)
def test_what_is_no_message_of_a_station_is_an_error(payload: bytes) -> None:
    with pytest.raises(ValueError):
        read(payload)


@pytest.mark.parametrize("value", ["90", True, -1, 101, float("nan"), [], None, 1e400])
def test_a_level_that_is_none_is_left_out(value: object) -> None:
    bins = {"a": {"category": "other", "fill_percent": value, "takes": True}}
    assert read(json.dumps({"bins": bins}).encode()) == {}


def test_the_brain_is_told_and_garbage_is_not() -> None:
    told: list[NeighbourTold] = []
    take = listener("bin-2", lambda one: told.append(one) is None)
    assert take(Inbound("t", levels(BINS)))
    assert take(Inbound("t", b"garbage"))
    assert told == [NeighbourTold("bin-2", {"recyclable": 10.0})]


def test_a_full_inbox_is_told_to_whoever_counts() -> None:
    assert not listener("bin-2", lambda _one: False)(Inbound("t", levels(BINS)))


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(str).map(str.encode)
)
def test_nothing_that_comes_breaks_it(payload: bytes) -> None:
    try:
        read(payload)
    except ValueError:
        return
