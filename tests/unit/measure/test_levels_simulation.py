from __future__ import annotations

import pytest

from edge.measure.levels_simulation import DEVELOPED_ON, FULL, MEASURED_ON, cases, measure, simulate, truth_h


def test_the_same_seed_gives_the_same_month() -> None:
    one, other = (simulate(MEASURED_ON, 5, 30, told=True) for _ in range(2))
    assert one == other
    assert len(one.holidays) == 7
    assert one.emptied


def test_the_truth_is_what_would_have_come_without_the_lorry() -> None:
    month = simulate(MEASURED_ON, 5, 30, told=False)
    step = min(month.emptied) - 4
    hours = truth_h(month, step, 30.0)
    assert hours is not None
    later = step + int(hours * 2)
    assert month.fallen[later] - month.fallen[step] < 30.0 <= month.fallen[later + 1] - month.fallen[step]


def test_only_bins_with_room_are_forecast() -> None:
    month = simulate(DEVELOPED_ON, 3, 30, told=False)
    assert all(case.truth > 0.0 for case in cases(month, 14, 28))
    assert max(month.levels) >= FULL


def test_the_forecast_beats_both_naive_ones_by_a_third_and_its_interval_holds() -> None:
    found = measure(4, 77)
    assert found["better_by"] >= 0.3
    assert 0.7 <= found["coverage"] <= 0.92
    assert found["median_error_h"] < found["young"]["median_error_h"] * 1.5
    assert found["forecasts"] > 500


def test_another_seed_gives_other_figures() -> None:
    assert measure(1, 1)["median_error_h"] != pytest.approx(measure(1, 2)["median_error_h"], abs=1e-6)
