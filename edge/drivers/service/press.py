"""What a press of the service button means, by how long it was held. Pure.

It counts when the button is let go, so that one that is stuck, bridged by water or wedged by somebody opens nothing;
and one that was down already when we began to look counts for nothing until it has been up once.
"""

from __future__ import annotations

from enum import StrEnum

from edge.drivers.debounce import Debounced

LONG_S = 5.0
"""Longer than anybody leans on a button by accident."""
STUCK_S = 30.0
"""Longer than anybody holds one on purpose."""


class Press(StrEnum):
    """`short` opens the page, `long` the access point too. A `stuck` button is told while it is still down, and
    `freed` when it is up again.
    """

    SHORT = "short"
    LONG = "long"
    STUCK = "stuck"
    FREED = "freed"


class PressWatch:
    """Feed it the raw level again and again; levels that bounce count for nothing."""

    def __init__(self) -> None:
        self._debounced: Debounced[bool] = Debounced()
        self._down_s: float | None = None
        self._rested = self._stuck = False

    def look(self, pressed: bool, mono_s: float) -> Press | None:
        """What has just come about, if anything."""
        level = self._debounced.stable(pressed, mono_s)
        if level is None:
            return None
        if level:
            return self._held(mono_s)
        down_s, self._down_s = self._down_s, None
        stuck, self._stuck = self._stuck, False
        rested, self._rested = self._rested, True
        if stuck:
            return Press.FREED
        if down_s is None or not rested:
            return None
        return Press.LONG if mono_s - down_s >= LONG_S else Press.SHORT

    def _held(self, mono_s: float) -> Press | None:
        if self._down_s is None:
            self._down_s = mono_s
        if self._stuck or mono_s - self._down_s < STUCK_S:
            return None
        self._stuck = True
        return Press.STUCK

    def forget(self) -> None:
        """Nobody knows what happens meanwhile: a button that is down afterwards has to come up first."""
        self._debounced, self._down_s, self._rested = Debounced(), None, False
