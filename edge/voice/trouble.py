"""A fault of one part: reported once when it begins and once when it is over, and when to try again."""

from __future__ import annotations

import logging

from edge.errors import EdgeError
from edge.runtime.faults import OnFault, OnRecovered

log = logging.getLogger(__name__)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0


class Trouble:
    """Whether `component` fails, and a wait that doubles with each failure in a row, up to a minute."""

    def __init__(self, component: str, on_fault: OnFault, on_recovered: OnRecovered) -> None:
        self._component = component
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._in_a_row = 0
        self._not_before_s = float("-inf")
        self.error: EdgeError | None = None

    @property
    def failing(self) -> bool:
        return self.error is not None

    def may_try(self, now_s: float) -> bool:
        """Whether the wait after the last failure is over."""
        return now_s >= self._not_before_s

    def failed(self, now_s: float, error: EdgeError) -> None:
        """It failed, for the first time or again."""
        self._not_before_s = now_s + min(_FIRST_WAIT_S * 2.0**self._in_a_row, _LONGEST_WAIT_S)
        self._in_a_row = min(self._in_a_row + 1, 10)
        if not self.failing:
            log.warning("%s: %s", self._component, error)
            self._on_fault(self._component, error.message, error.hint)
        self.error = error

    def worked(self, *, over: bool = True) -> None:
        """It worked, so there is no reason to wait; the fault is `over` unless something of it remains."""
        self._in_a_row = 0
        self._not_before_s = float("-inf")
        if over and self.failing:
            self.error = None
            log.info("%s works again", self._component)
            self._on_recovered(self._component)
