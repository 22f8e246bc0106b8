from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.bin_events import Reading
from edge.config.station import Bin
from edge.waste.geometry import distance_of_percent, percent_of, percent_of_distance, percent_of_load, problem

STRAIGHT = Bin("other")
TAPERED = replace(STRAIGHT, shape="tapered", bottom_ratio=0.5)
LYING = replace(STRAIGHT, shape="lying")
BINS = st.builds(
    lambda shape, empty, depth, ratio: Bin("other", shape, empty, empty * (1 - depth), ratio),
    st.sampled_from(["straight", "tapered", "lying"]),
    st.floats(300, 5000),
    st.floats(0.2, 0.95),
    st.floats(0.1, 1.0),
)


@pytest.mark.parametrize(
    ("bin", "distance_mm", "percent"),
    [
        (STRAIGHT, 1000.0, 0.0),
        (STRAIGHT, 575.0, 50.0),
        (STRAIGHT, 150.0, 100.0),
        (STRAIGHT, 20.0, 100.0),
        (STRAIGHT, 1200.0, 0.0),
        # half the height of a frustum whose bottom is half as wide: (0.75³ - 0.5³) / (1 - 0.5³)
        (TAPERED, 575.0, 100 * (0.421875 - 0.125) / 0.875),
        (LYING, 575.0, 50.0),
        # a quarter of the height of a circle: (2π/3 - sin(2π/3)) / 2π
        (LYING, 787.5, 100 * (2 * math.pi / 3 - math.sqrt(3) / 2) / (2 * math.pi)),
    ],
)
def test_percent_of_the_volume(bin: Bin, distance_mm: float, percent: float) -> None:
    assert percent_of_distance(bin, distance_mm) == pytest.approx(percent, abs=1e-9)


@given(BINS, st.floats(0, 100))
@example(replace(TAPERED, bottom_ratio=1.0 - 2.0**-53), 1.0)  # all but straight
def test_the_inverse_comes_back(bin: Bin, percent: float) -> None:
    assert percent_of_distance(bin, distance_of_percent(bin, percent)) == pytest.approx(percent, abs=1e-6)


@given(BINS, st.floats(0, 10_000), st.floats(0, 10_000))
def test_nearer_is_never_emptier(bin: Bin, one: float, other: float) -> None:
    near, far = sorted((one, other))
    assert percent_of_distance(bin, near) >= percent_of_distance(bin, far) - 1e-9


def test_a_load_counts_from_the_tare() -> None:
    bin = replace(STRAIGHT, empty_g=10_000.0, full_g=60_000.0)
    assert percent_of_load(bin, 35_000.0) == 50.0
    assert percent_of_load(bin, 5_000.0) == 0.0
    assert percent_of_load(bin, 90_000.0) == 100.0


@pytest.mark.parametrize(
    "reading",
    [
        Reading(),
        Reading(math.nan),
        Reading(math.inf),
        Reading(0.0),
        Reading(-5.0),
        Reading(1500.0),
        Reading(load_g=math.nan),
        Reading(load_g=-20_000.0),
        Reading(load_g=1e9),
    ],
)
def test_what_can_be_no_level_of_this_bin_is_none(reading: Reading) -> None:
    assert percent_of(STRAIGHT, reading) is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"full_mm": 1000.0}, "empty_mm"),
        ({"empty_g": 100_000.0}, "full_g"),
        ({"full_percent": 70.0}, "each be greater"),
        ({}, ""),
    ],
)
def test_measures_that_contradict_one_another(changes: dict[str, float], told: str) -> None:
    found = problem(replace(STRAIGHT, **changes))  # type: ignore[arg-type]
    assert told in found
    assert bool(found) is bool(told)
