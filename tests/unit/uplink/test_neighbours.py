"""What a station says of its levels, and what it makes of what others say."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bin_events import NeighbourTold
from edge.clock import Now
from edge.uplink.inbound import Inbound
from edge.uplink.neighbours import BinLevel, levels, listener, read

HOUR = 497_000
NOW = Now(5.0, HOUR * 3_600_000_000 + 5)
BINS = {
    "paper-1": BinLevel("recyclable", 62.4, True),
    "paper-2": BinLevel("recyclable", 12.5, True),
    "kitchen": BinLevel("kitchen", 96.0, False),
    "other": BinLevel("other", None, True),
}


def test_the_emptiest_bin_of_each_category_counts_and_full_or_unknown_ones_do_not() -> None:
    assert read(levels(BINS, NOW.wall_us), NOW) == {"recyclable": 10.0}


def test_a_level_that_moves_within_a_step_is_no_new_message() -> None:
    assert levels({"b": BinLevel("other", 41.0, True)}, 0) == levels({"b": BinLevel("other", 39.0, True)}, 1)
    assert levels({"b": BinLevel("other", 41.0, True)}, 0) != levels({"b": BinLevel("other", 47.0, True)}, 1)


def test_a_station_that_is_off_is_not_believed_for_long() -> None:
    said = levels(BINS, NOW.wall_us - 7 * 3_600_000_000)
    assert read(said, NOW) == {}
    assert read(said, replace(NOW, trusted=False)) == {"recyclable": 10.0}
    assert read(levels(BINS, NOW.wall_us - 5 * 3_600_000_000), NOW) == {"recyclable": 10.0}
    assert levels(BINS, NOW.wall_us) != levels(BINS, NOW.wall_us + 3_600_000_000)  # it is said again every hour


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b'{"bins": 3}',
        b'{"bins": {}}',
        b'{"bins": {}, "hour": "x"}',
        b'{"bins": {"a": 3}, "hour": 1}',
        b'{"bins": {"a": {"category": "other"}}}',
        json.dumps({"bins": {str(n): {} for n in range(40)}}).encode(),
        b'{"bins": {}}' + b" " * 9000,
        b"[" * 5000,
        b"\xff",
    ],
)
def test_what_is_no_message_of_a_station_is_an_error(payload: bytes) -> None:
    with pytest.raises(ValueError):
        read(payload, NOW)


@pytest.mark.parametrize("value", ["90", True, -1, 101, float("nan"), [], None, 1e400])
def test_a_level_that_is_none_is_left_out(value: object) -> None:
    bins = {"a": {"category": "other", "fill_percent": value, "takes": True}}
    assert read(json.dumps({"bins": bins, "hour": HOUR}).encode(), NOW) == {}


def test_the_brain_is_told_and_garbage_is_not() -> None:
    told: list[NeighbourTold] = []
    take = listener("bin-2", lambda one: told.append(one) is None, lambda: NOW)
    assert take(Inbound("t", levels(BINS, NOW.wall_us)))
    assert take(Inbound("t", b"garbage"))
    assert told == [NeighbourTold("bin-2", {"recyclable": 10.0})]


def test_a_full_inbox_is_told_to_whoever_counts() -> None:
    assert not listener("bin-2", lambda _one: False, lambda: NOW)(Inbound("t", levels(BINS, NOW.wall_us)))


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(str).map(str.encode)
)
def test_nothing_that_comes_breaks_it(payload: bytes) -> None:
    try:
        read(payload, NOW)
    except ValueError:
        return
