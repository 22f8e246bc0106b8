"""When the page answers: until the device is commissioned, for ten minutes after that, and after a press of its button.

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
        self._bare_s = float("-inf")  # when it was last seen not to be commissioned, by this process

    def commissioned(self) -> bool:
        """Whether the installer has signed the acceptance."""
        return self._commissioned.exists()

    def open(self) -> bool:
        """Whether the page answers now."""
        if not self.commissioned():
            self._bare_s = self._clock().mono_s
            return True
        return self.left_s() > 0.0

    def left_s(self) -> float:
        """How long it stays open on a device that is commissioned: who has just done that may still take the report."""
        return max(self._pressed_s(), self._bare_s + LONGEST_S - self._clock().mono_s, 0.0)

    def _pressed_s(self) -> float:
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
