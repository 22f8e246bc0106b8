"""The field's figures for comparing faces, each with its interval."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

_Z95 = 1.959963984540054  # of the standard normal distribution, two-sided 95 %


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): it stays within 0..1 and is honest when `hits` is 0."""
    if of == 0:
        return 0.0, 1.0
    share = hits / of
    middle = share + _Z95**2 / (2 * of)
    half = _Z95 * sqrt(share * (1 - share) / of + _Z95**2 / (4 * of * of))
    scale = 1 + _Z95**2 / of
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def half_sum(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float]:
    """The interval of half the sum of two independent shares, each given with its own (share, low, high): the limits'
    distances add as squares (Zou and Donner 2008).
    """
    middle = (a[0] + b[0]) / 2
    below = sqrt((a[0] - a[1]) ** 2 + (b[0] - b[1]) ** 2) / 2
    above = sqrt((a[2] - a[0]) ** 2 + (b[2] - b[0]) ** 2) / 2
    return max(0.0, middle - below), min(1.0, middle + above)


def tar_at_far(genuine: Scores, impostor: Scores, far: float) -> tuple[float, float]:
    """(share of genuine comparisons accepted, threshold) where at most `far` of the impostors are accepted.

    Accepted means above the threshold. With fewer than 1 / `far` impostors nobody may be accepted among them.
    """
    allowed = int(far * len(impostor))
    threshold = float(np.sort(impostor)[::-1][allowed])
    return float((genuine > threshold).mean()), threshold


def auc(genuine: Scores, impostor: Scores) -> float:
    """The area under the ROC curve: the chance that a genuine score beats an impostor's, ties counting half."""
    ranked = np.sort(impostor)
    below = np.searchsorted(ranked, genuine, side="left") + np.searchsorted(ranked, genuine, side="right")
    return float(below.mean() / (2 * len(ranked)))


def eer(genuine: Scores, impostor: Scores) -> float:
    """The rate at which false matches and false non-matches are equally frequent."""
    thresholds = np.unique(np.concatenate([genuine, impostor]))
    fnmr = np.searchsorted(np.sort(genuine), thresholds, side="left") / len(genuine)
    fmr = 1 - np.searchsorted(np.sort(impostor), thresholds, side="left") / len(impostor)
    nearest = int(np.abs(fmr - fnmr).argmin())
    return float((fmr[nearest] + fnmr[nearest]) / 2)


def best_accuracy(genuine: Scores, impostor: Scores) -> float:
    """The share decided rightly at the best single threshold, genuine and impostor pairs weighing the same, so
    that it does not depend on how many of each a set has. LFW's own accuracy has as many of one as of the other.
    """
    thresholds = np.unique(np.concatenate([genuine, impostor]))
    accepted = 1 - np.searchsorted(np.sort(genuine), thresholds, side="left") / len(genuine)
    refused = np.searchsorted(np.sort(impostor), thresholds, side="left") / len(impostor)
    return float(((accepted + refused) / 2).max())
