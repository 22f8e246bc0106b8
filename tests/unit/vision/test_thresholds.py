from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vision_samples import POINTS

from edge.vision.thresholds import OperatingPoints


@pytest.mark.parametrize(
    ("people", "one_frame", "fused"),
    [
        (0, 0.5, 0.4),
        (1, 0.5, 0.4),
        (10, 0.5, 0.4),
        (100, 0.6, 0.5),
        (1000, 0.65, 0.58),
        (round(10**1.5), 0.55, 0.45),
        (round(10**2.5), 0.625, 0.54),
        (10_000, 0.70, 0.66),
        (100_000, 0.75, 0.74),
    ],
)
def test_thresholds_are_linear_in_the_logarithm_and_go_on_at_the_last_slope(
    people: int, one_frame: float, fused: float
) -> None:
    assert POINTS.threshold(people, fused=False) == pytest.approx(one_frame, abs=1e-3)
    assert POINTS.threshold(people, fused=True) == pytest.approx(fused, abs=1e-3)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())
def test_more_people_never_lower_the_threshold(a: int, b: int, fused: bool) -> None:
    low, high = sorted((a, b))
    assert POINTS.threshold(low, fused=fused) <= POINTS.threshold(high, fused=fused) + 1e-12


def test_beyond_the_last_size_a_falling_table_stays_level() -> None:
    falling = replace(POINTS, one_frame=(0.5, 0.6, 0.58))
    assert falling.threshold(10**5, fused=False) == pytest.approx(0.58)


def test_a_table_of_one_size_holds_for_all() -> None:
    one = OperatingPoints(0.001, (100,), (0.5,), (0.4,), 0.0, 0.01)
    assert [one.threshold(n, fused=False) for n in (1, 100, 10_000)] == [0.5] * 3


@given(st.floats(1e-6, 0.5))
def test_a_rarer_target_asks_for_more_by_the_tail(target: float) -> None:
    moved = POINTS.at(target)
    rise = moved.threshold(100, fused=False) - POINTS.threshold(100, fused=False)
    assert rise == pytest.approx(0.01 * math.log(0.001 / target), abs=1e-9)
    assert moved.target_fpir == target


def test_two_frames_of_one_face_lie_between_strangers_and_the_recognised() -> None:
    points = replace(POINTS, second_floor=0.85, one_frame=(0.68, 0.69, 0.7))
    assert points.second_floor < points.same_face < 0.68 + 0.3 * 0.85
    assert points.same_face == pytest.approx((0.85 + 0.935) / 2)
