"""Figures that wander, shown as values that stay: what is retained at the broker must change seldom."""

from __future__ import annotations

from collections import deque


class Steady:
    """A value in whole steps. It changes only when the figure lies more than `margin` steps from the one shown, so
    a figure on the border of two steps does not swing between them.
    """

    def __init__(self, step: float, margin: float = 0.75) -> None:
        self._step = step
        self._margin = margin
        self._shown: float | None = None

    def __call__(self, value: float | None) -> float | None:
        """The step nearest to `value`, or the one shown before; None stays None."""
        if value is None:
            self._shown = None
        elif self._shown is None or abs(value - self._shown) > self._margin * self._step:
            self._shown = round(value / self._step) * self._step
        return self._shown


class Crowd:
    """How many wait, as `none`, `some` or `many` (`MANY` and more). The fewest of the last looks counts: what is
    gone at the next look never waited.
    """

    MANY = 1000

    def __init__(self, looks: int = 5) -> None:
        self._counts: deque[int] = deque(maxlen=looks)

    def __call__(self, count: int) -> str:
        self._counts.append(count)
        fewest = min(self._counts)
        return "none" if fewest == 0 else "some" if fewest < self.MANY else "many"
