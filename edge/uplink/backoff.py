"""How long to wait before trying again: full jitter, so that a thousand gates do not return at the same instant.

Each delay is uniform between 0 and a bound that doubles ("Exponential Backoff And Jitter", AWS Architecture Blog,
2015).
"""

from __future__ import annotations

import random
from collections.abc import Callable


class FullJitter:
    """Delays in seconds: uniform in [0, min(longest, first × 2ⁿ)] for the n-th failure in a row, from 0."""

    def __init__(
        self,
        first_s: float,
        longest_s: float,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._uniform = uniform
        self._failures = 0

    def next_s(self) -> float:
        bound = min(self._longest_s, self._first_s * 2 ** min(self._failures, 30))
        self._failures += 1
        return self._uniform(0.0, bound)

    def reset(self) -> None:
        """It worked."""
        self._failures = 0
