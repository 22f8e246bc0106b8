"""Levels that bounce: one counts when it has stood for a while, and is told when it differs from what was told last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

# A press of a button lasts longer than 50 ms, a bouncing contact settles within 20.
STABLE_S = 0.03

T = TypeVar("T")


class Debounced(Generic[T]):
    """A level counts when it has stood for `stable_s`; edges are never counted."""

    def __init__(self, stable_s: float = STABLE_S) -> None:
        self._stable_s = stable_s
        self._candidate: T | None = None
        self._since_s = 0.0

    def stable(self, level: T, mono_s: float) -> T | None:
        """The level, if it has been this one long enough; None while it still bounces."""
        if level != self._candidate:
            self._candidate, self._since_s = level, mono_s
        return level if mono_s - self._since_s >= self._stable_s else None


class Told(Generic[T]):
    """A debounced level, and what was last told of it. `at_rest`: what goes without saying."""

    def __init__(self, at_rest: T | None = None, stable_s: float = STABLE_S) -> None:
        self._debounced: Debounced[T] = Debounced(stable_s)
        self.last = at_rest

    def offer(self, level: T, mono_s: float, tell: Callable[[T], bool]) -> None:
        """Tell a stable level that is new. When `tell` returns False, it is offered again at the next look."""
        stable = self._debounced.stable(level, mono_s)
        if stable is not None and stable != self.last and tell(stable):
            self.last = stable

    def forget(self) -> None:
        """Tell anew whatever is stable next."""
        self.last = None
