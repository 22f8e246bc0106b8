from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.measure.statistics import auc, best_accuracy, eer, tar_at_far, wilson

# Four comparisons of each kind; one impostor (0.6) beats one genuine score (0.5).
GENUINE = np.array([0.9, 0.8, 0.7, 0.5])
IMPOSTOR = np.array([0.6, 0.3, 0.2, 0.1])


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (5, 10, 0.236593, 0.763407),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (1, 1000, 0.000177, 0.005642),
    ],
)
def test_the_wilson_interval(hits: int, of: int, low: float, high: float) -> None:
    # (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n), by hand with z = 1.959964
    assert wilson(hits, of) == pytest.approx((low, high), abs=2e-6)


def test_without_a_trial_anything_is_possible() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("far", "tar", "threshold"), [(0.0, 0.75, 0.6), (0.24, 0.75, 0.6), (0.25, 1.0, 0.3), (0.5, 1.0, 0.2)]
)
def test_tar_at_far(far: float, tar: float, threshold: float) -> None:
    assert tar_at_far(GENUINE, IMPOSTOR, far) == (tar, threshold)


def test_of_equal_impostor_scores_none_is_let_in_beyond_the_allowance() -> None:
    rate, threshold = tar_at_far(np.array([0.5, 0.6]), np.array([0.5, 0.5, 0.5, 0.1]), 0.25)
    assert (rate, threshold) == (0.5, 0.5)


def test_auc_counts_the_pairs_in_the_right_order() -> None:
    assert auc(GENUINE, IMPOSTOR) == 15 / 16
    assert auc(IMPOSTOR, GENUINE) == 1 / 16
    assert auc(np.array([0.5]), np.array([0.5])) == 0.5


def test_eer_is_where_both_errors_are_equal() -> None:
    # at 0.6: one of four impostors at or above, one of four genuine below
    assert eer(GENUINE, IMPOSTOR) == 0.25
    assert eer(np.array([0.8, 0.9]), np.array([0.1, 0.2])) == 0.0


def test_accuracy_weighs_both_kinds_the_same() -> None:
    # accepting from 0.5 on, or from 0.7 on: one of eight decisions is wrong
    assert best_accuracy(GENUINE, IMPOSTOR) == 7 / 8
    # three out of one hundred genuine wrong, no impostor: (0.97 + 1) / 2
    genuine = np.array([0.9] * 97 + [0.1] * 3)
    assert best_accuracy(genuine, np.array([0.2])) == pytest.approx(0.985)


scores = st.lists(st.floats(-1, 1), min_size=1, max_size=30).map(np.array)


@given(scores, scores, st.floats(0, 0.99))
def test_no_more_impostors_than_allowed_are_above_the_threshold(
    genuine: np.ndarray, impostor: np.ndarray, far: float
) -> None:
    rate, threshold = tar_at_far(genuine, impostor, far)
    assert (impostor > threshold).sum() <= far * len(impostor)
    assert 0.0 <= eer(genuine, impostor) <= 1.0
    assert rate == (genuine > threshold).mean()
    assert auc(genuine, impostor) + auc(impostor, genuine) == pytest.approx(1.0)
