"""Pairs of people who come near to passing for each other, and how many are remembered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edge.errors import DataError
from edge.vision.lookalikes import MOST_PAIRS, OFTEN, LookAlikes


def test_a_pair_is_named_when_either_is_often_near_the_other() -> None:
    pairs = LookAlikes()
    for n in range(OFTEN):
        assert pairs.frequent() == []
        pairs.note(*("ab" if n % 2 else "ba"), near=True)
    assert pairs.frequent() == [("a", "b", 1.0)]
    assert pairs.names("b", "a")
    assert not pairs.names("a", "c")


def test_a_bad_picture_now_and_then_names_nobody() -> None:
    pairs = LookAlikes()
    for day in range(40):
        pairs.note("a", "b", near=day % 4 == 0)
    assert pairs.frequent() == []


def test_who_resembles_two_people_by_turns_is_named_with_neither() -> None:
    pairs = LookAlikes()
    for day in range(30):
        pairs.note("a", "bcd"[day % 3], near=True)
    assert pairs.frequent() == []


def test_what_is_past_is_forgotten() -> None:
    pairs = LookAlikes()
    for _ in range(100):
        pairs.note("a", "b", near=True)
    for _ in range(40):
        pairs.note("a", "b", near=False)  # enrolled anew, with better pictures
    assert pairs.frequent() == []


def test_the_most_frequent_stay_when_there_are_too_many() -> None:
    pairs = LookAlikes()
    for _ in range(OFTEN):
        pairs.note("a", "b", near=True)
    for n in range(10 * MOST_PAIRS):
        pairs.note(f"p{n}", f"q{n}", near=True)
    assert len(pairs.memory()) == MOST_PAIRS
    assert pairs.frequent() == [("a", "b", 1.0)]


def test_whoever_is_enrolled_no_more_is_forgotten_at_once() -> None:
    pairs = LookAlikes()
    pairs.note("a", "b", near=True)
    pairs.note("b", "c", near=True)
    pairs.keep(lambda person: person != "a")
    assert [one[:2] for one in pairs.memory()] == [["b", "c"]]
    assert pairs.dropped == 1


def test_what_is_remembered_is_what_was_known() -> None:
    pairs = LookAlikes()
    for _ in range(OFTEN):
        pairs.note("a", "b", near=True)
    again = LookAlikes.remembered(json.loads(json.dumps(pairs.memory())))
    assert (again.frequent(), again.memory()) == (pairs.frequent(), pairs.memory())


@pytest.mark.parametrize(
    "found",
    [
        None,
        7,
        "text",
        {"a": 1},
        [7],
        [["a", "b", 1]],
        [["b", "a", 1, 1]],
        [["a", "b", 2, 1]],
        [["a", "b", -1, 1]],
        [["a", "b", 1, 1 << 40]],
        [["a", 7, 1, 1]],
        [["a", "b", 1.5, 2]],
        [["a", f"b{n}", 1, 1] for n in range(MOST_PAIRS + 1)],
    ],
)
def test_what_cannot_be_is_refused(found: Any) -> None:
    with pytest.raises(DataError):
        LookAlikes.remembered(found)
