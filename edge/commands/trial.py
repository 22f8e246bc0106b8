"""Whether a configuration on trial has proven itself: the device was reached with it, and steadily."""

from __future__ import annotations

from typing import Literal

STEADY_S = 30.0
"""How long the uplink must hold, without a break, for a configuration to be confirmed."""
TRIAL_S = 180.0
"""After which an unconfirmed configuration is taken back."""

Verdict = Literal["open", "proven", "failed"]


class Trial:
    """Times one trial, from the moment it begins to hold. `now_s`: the monotonic clock."""

    def __init__(self, now_s: float) -> None:
        self._since_s = now_s
        self._steady_s: float | None = None  # since when the uplink has held

    def verdict(self, connected: bool, now_s: float) -> Verdict:
        """Ask several times a second; a break between two questions is not seen."""
        if not connected:
            self._steady_s = None
        elif self._steady_s is None:
            self._steady_s = now_s
        if self._steady_s is not None and now_s - self._steady_s >= STEADY_S:
            return "proven"
        return "failed" if now_s - self._since_s >= TRIAL_S else "open"
