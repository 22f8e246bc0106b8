"""How often a stranger would be let in: from the uppermost tenth of impostor scores to the threshold beyond them. Pure.

Scores are counted in bins whose unit is the operating points' `tail`. Beyond a high level the excesses of nearly any
distribution follow a generalised Pareto law (Pickands 1975); that of bounded scores has a shape of zero or below, and
zero, the exponential, is the slowest of these to fall and so the careful one. Its maximum-likelihood scale for
counts in bins is that of the geometric distribution, here with everything that comes near the threshold counted as
near and no more (type I censoring, Lawless 2003, chapter 4), so that two who are very much alike bend the tail of
everybody else no more than two who are rather alike. The interval is a bootstrap over groups of people (Efron and
Tibshirani 1993, chapter 8): the same face seen day after day is no new evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log

import numpy as np
from numpy.typing import NDArray

BIN = 0.25
LOWEST = -16.0  # of the first bin, which also holds whatever lies below
BINS = 96
GROUPS = 32
LEAST_COMPARISONS = 200.0  # twenty of them make the tail
LEAST_GROUPS = 8
NEAR = log(10.0)
"""How far below a level a score is near it: where ten times as many strangers come."""
_TAIL_SHARE = 0.1
_LEAST_TAIL = 2.0  # the shortest stretch that a scale is fitted to
_RESAMPLES = 400
_ENDS = (5.0, 95.0)

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of attempts, and the ends of its 90 % interval."""

    estimate: float
    low: float
    high: float


def bin_of(excess: float) -> int:
    """The bin of a score, given as units of `tail` above the reference threshold."""
    return min(max(floor((excess - LOWEST) / BIN), 0), BINS - 1)


def rate_beyond(counts: Counts, level: float, times: float = 1.0) -> Rate | None:
    """The share of attempts whose score reaches `level` (in units of `tail`), `times` that for a larger gallery.

    `counts`: GROUPS × BINS. None while there is too little to go by.
    """
    if counts.sum() < LEAST_COMPARISONS or np.count_nonzero(counts.sum(axis=1)) < LEAST_GROUPS:
        return None
    draws = np.random.default_rng(0).multinomial(GROUPS, np.full(GROUPS, 1.0 / GROUPS), _RESAMPLES)
    rows = np.vstack([counts.sum(axis=0), draws @ counts])
    total = rows.sum(axis=1)
    rows, total = rows[total > 0.0], total[total > 0.0]
    above = np.cumsum(rows[0][::-1])[::-1]
    base = int(np.flatnonzero(above >= _TAIL_SHARE * total[0])[-1])
    distance = (level - LOWEST) / BIN - base
    if distance <= 0.0:  # so many are accepted that they can be counted
        shares = rows[:, bin_of(level) :].sum(axis=1) / total
    else:
        near = max(1, floor(min(distance, max(distance - NEAR / BIN, _LEAST_TAIL / BIN))))
        steps = np.minimum(np.arange(BINS - base), near)
        tail = rows[:, base:]
        passed = tail @ steps  # bins that the excesses have got over
        stayed = tail[:, steps < near].sum(axis=1)
        within = np.divide(passed, passed + stayed, out=np.zeros_like(passed), where=passed + stayed > 0.0)
        shares = tail.sum(axis=1) / total * within**distance
    shares = np.minimum(shares * times, 1.0)
    low, high = np.percentile(shares[1:], _ENDS)
    return Rate(float(shares[0]), float(min(low, shares[0])), float(max(high, shares[0])))
