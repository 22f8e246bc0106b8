from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.runtime.histogram import Histogram


def filled(*values: float) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def test_without_values_everything_is_zero() -> None:
    assert Histogram().summary() == {"count": 0, "p50_ms": 0.0, "p99_ms": 0.0, "max_ms": 0.0}


def test_one_value_is_every_quantile() -> None:
    assert filled(7.0).summary() == {"count": 1, "p50_ms": 7.0, "p99_ms": 7.0, "max_ms": 7.0}


def test_values_beyond_both_ends_are_kept() -> None:
    histogram = filled(0.0, 1e9)
    assert histogram.quantile_ms(0.5) == 0.05
    assert histogram.quantile_ms(1.0) == 1e9


@given(st.lists(st.floats(0.05, 1e5), min_size=1, max_size=200), st.sampled_from((0.5, 0.9, 0.99)))
def test_a_quantile_is_never_below_the_true_one_and_at_most_a_quarter_above(values: list[float], share: float) -> None:
    true = sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]
    found = filled(*values).quantile_ms(share)
    assert true * (1 - 1e-9) <= found <= true * 1.25 * (1 + 1e-9)


def test_the_maximum_is_exact() -> None:
    assert filled(3.0, 12.34, 5.0).summary()["max_ms"] == pytest.approx(12.34)
