from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.sink.spans import holes, united

SPANS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1])))


def numbers(spans: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in spans for number in range(first, last + 1)}


@given(SPANS)
def test_united_spans_are_the_same_numbers_and_do_not_touch(spans: list[tuple[int, int]]) -> None:
    result = united(spans)
    assert numbers(result) == numbers(spans)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(result))


@given(SPANS)
def test_holes_are_what_is_missing_below_the_highest(spans: list[tuple[int, int]]) -> None:
    have = numbers(spans)
    assert numbers(list(holes(united(spans)))) == set(range(1, max(have, default=0) + 1)) - have
