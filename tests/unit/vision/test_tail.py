"""The share of strangers beyond a level, from counts of what lies below it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.vision.tail import BIN, BINS, GROUPS, LEAST_COMPARISONS, LOWEST, Counts, bin_of, rate_beyond


def counted(scores: np.ndarray, groups: np.ndarray) -> Counts:
    counts = np.zeros((GROUPS, BINS))
    places = np.clip(np.floor((scores - LOWEST) / BIN), 0, BINS - 1).astype(int)
    np.add.at(counts, (groups, places), 1.0)
    return counts


def strangers(seed: int, people: int, days: int, scale: float = 1.0, own: float = 0.0) -> Counts:
    """Scores whose share beyond x is 0.5 · exp(-(x + 8) / scale); `own`: how much of it is the person's, every day."""
    random = np.random.default_rng(seed)
    persons = np.repeat(np.arange(people), days)
    ranks = np.where(random.random(len(persons)) < own, random.random(people)[persons], random.random(len(persons)))
    scores = -8.0 - scale * np.log(np.maximum(ranks, 1e-12) / 0.5)
    return counted(scores, random.integers(0, GROUPS, people)[persons])


def beyond(level: float, scale: float = 1.0) -> float:
    return 0.5 * math.exp(-(level + 8.0) / scale)


def test_a_bin_for_every_score() -> None:
    assert (bin_of(-1e9), bin_of(LOWEST), bin_of(0.0), bin_of(0.2499), bin_of(0.25), bin_of(1e9)) == (
        0,
        0,
        64,
        64,
        65,
        BINS - 1,
    )


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.8])
@pytest.mark.parametrize("level", [-7.0, -4.1, 0.0, 2.3])
def test_the_rate_of_a_known_tail(scale: float, level: float) -> None:
    rate = rate_beyond(strangers(1, 4000, 10, scale), level)
    assert rate is not None
    assert rate.estimate == pytest.approx(beyond(level, scale), rel=0.25)
    assert rate.low <= rate.estimate <= rate.high


@pytest.mark.parametrize("own", [0.0, 1.0])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(own: float) -> None:
    """Also where each face scores the same every day, so that twenty looks are worth one."""
    held = above = 0
    for seed in range(60):
        rate = rate_beyond(strangers(seed, 400, 20, own=own), 0.0)
        assert rate is not None
        held += rate.low <= beyond(0.0) <= rate.high
        above += rate.high >= beyond(0.0)
    assert held >= 48
    assert above >= 52


def test_the_same_faces_again_make_no_narrower_interval() -> None:
    counts = strangers(3, 400, 1)
    once, often = rate_beyond(counts, 0.0), rate_beyond(counts * 20, 0.0)
    assert once is not None
    assert often is not None
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_what_is_near_counts_as_near_however_near() -> None:
    rates = []
    for place in (-2.0, 0.0, 7.0):
        counts = strangers(5, 500, 10)
        counts[3, bin_of(place)] += 10
        rates.append(rate_beyond(counts, 0.0))
    assert rates[0] == rates[1] == rates[2]
    assert rates[0] != rate_beyond(strangers(5, 500, 10), 0.0)


def test_where_many_are_accepted_they_are_counted() -> None:
    rate = rate_beyond(strangers(7, 1000, 5), -8.0)
    assert rate is not None
    assert rate.estimate == pytest.approx(0.5, abs=0.03)


def test_there_is_no_step_where_counting_ends_and_the_tail_begins() -> None:
    counts = strangers(7, 4000, 10)
    for level in np.arange(-8.5, 0.0, 0.05):
        rate = rate_beyond(counts, level)
        assert rate is not None
        assert rate.estimate == pytest.approx(min(beyond(level), 1.0), rel=0.35)  # a bin is 0.25 wide


def test_a_gallery_of_twice_as_many_has_twice_the_chances() -> None:
    once, twice = (rate_beyond(strangers(7, 1000, 5), 0.0, times) for times in (1.0, 2.0))
    assert once is not None
    assert twice is not None
    assert twice.estimate == pytest.approx(2 * once.estimate)
    assert twice.high == pytest.approx(2 * once.high)
    most = rate_beyond(strangers(7, 1000, 5), -16.0, 5.0)
    assert most is not None
    assert most.high == 1.0


def test_too_little_says_nothing() -> None:
    counts = strangers(1, 100, 2)
    assert counts.sum() == LEAST_COMPARISONS
    assert rate_beyond(counts, 0.0) is not None
    assert rate_beyond(counts * 0.99, 0.0) is None
    few = np.zeros_like(counts)
    few[:7] = counts.sum(axis=0)
    assert rate_beyond(few, 0.0) is None  # seven people, however often


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, GROUPS - 1), st.integers(0, BINS - 1), st.floats(0.0, 1e6)), max_size=40),
    st.floats(-20.0, 12.0),
    st.floats(0.1, 10.0),
)
def test_whatever_was_counted_a_rate_is_a_share(
    cells: list[tuple[int, int, float]], level: float, times: float
) -> None:
    counts = np.zeros((GROUPS, BINS))
    for group, place, count in cells:
        counts[group, place] += count
    rate = rate_beyond(counts, level, times)
    assert rate is None or 0.0 <= rate.low <= rate.estimate <= rate.high <= 1.0
