"""A worker that others talk to, and whoever takes its place when it has to be replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

W = TypeVar("W")


class Renewable(Generic[W]):
    """`now` is the worker in office. Calling gives the one to run next: the first time the one that was made at
    once, so that others can talk to it before it runs; later a new one, made from its predecessor.
    """

    def __init__(self, make: Callable[[W | None], W]) -> None:
        self._make = make
        self.now = make(None)
        self._taken = False

    def __call__(self) -> W:
        if self._taken:
            self.now = self._make(self.now)
        self._taken = True
        return self.now
