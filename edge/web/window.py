"""When the page answers: until the device is commissioned, and for ten minutes after somebody has pressed its button.

What cannot be read leaves the page shut once the device is commissioned.
"""

from __future__ import annotations

from pathlib import Path

from edge.clock import Clock
from edge.errors import DataError
from edge.web.durable import read_json

COMMISSIONED = "commissioned.json"
WINDOW = "service-window.json"
LONGEST_S = 600.0


class ServiceWindow:
    """`state_dir` tells whether the device is commissioned, `runtime_dir` when the button was pressed."""

    def __init__(self, state_dir: Path, runtime_dir: Path, boot: str, clock: Clock) -> None:
        self._commissioned = state_dir / COMMISSIONED
        self._window = runtime_dir / WINDOW
        self._boot = boot
        self._clock = clock

    def commissioned(self) -> bool:
        """Whether the installer has signed the acceptance."""
        return self._commissioned.exists()

    def open(self) -> bool:
        """Whether the page answers now."""
        return not self.commissioned() or self.left_s() > 0.0

    def left_s(self) -> float:
        """How long the button keeps it open; 0 without it."""
        try:
            body = read_json(self._window)
            if body is None or body["bootid"] != self._boot:
                return 0.0
            opened_s, until_s = float(body["opened_monotonic"]), float(body["until_monotonic"])
        except (DataError, KeyError, TypeError, ValueError):
            return 0.0
        now_s = self._clock().mono_s
        if not opened_s <= now_s < until_s:
            return 0.0
        return max(0.0, min(until_s, opened_s + LONGEST_S) - now_s)
