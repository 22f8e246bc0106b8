"""When the page answers: until the device is commissioned, for ten minutes after that, and after a press of its button.

What cannot be read leaves the page shut once the device is commissioned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edge.clock import Clock
from edge.errors import DataError
from edge.web.durable import read_json

COMMISSIONED = "commissioned.json"
WINDOW = "service-window.json"
LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Opening:
    """While the page is open: since when and until when, in monotonic seconds, as far as is known now."""

    since_s: float
    until_s: float


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

    def opening(self) -> Opening | None:
        """Since when and until when the page answers, None while it does not. Who has just commissioned the device may
        still take the report.
        """
        now_s = self._clock().mono_s
        if not self.commissioned():
            self._bare_s = now_s
        bare, pressed = Opening(float("-inf"), self._bare_s + LONGEST_S), self._pressed(now_s)
        if now_s >= bare.until_s:
            return pressed
        return replace(bare, until_s=max(bare.until_s, pressed.until_s)) if pressed else bare

    def left_s(self) -> float:
        """How long it stays open on a device that is commissioned."""
        opening = self.opening()
        return max(0.0, opening.until_s - self._clock().mono_s) if opening else 0.0

    def press(self) -> str:
        """Names the press of the button that it is open for; empty where there is none."""
        pressed = self._pressed(self._clock().mono_s)
        return f"{self._boot} {pressed.since_s}" if pressed else ""

    def _pressed(self, now_s: float) -> Opening | None:
        try:
            body = read_json(self._window)
            if body is None or body["bootid"] != self._boot:
                return None
            since_s, until_s = float(body["opened_monotonic"]), float(body["until_monotonic"])
        except (DataError, KeyError, TypeError, ValueError, OverflowError):
            return None
        pressed = Opening(since_s, min(until_s, since_s + LONGEST_S))
        return pressed if pressed.since_s <= now_s < pressed.until_s else None
