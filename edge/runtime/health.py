"""The device's health as an event at a slow beat: what a graph over months is drawn from."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Clock, Now

EVERY_S = 900.0
FIRST_S = 60.0
_WAIT_S = 0.25
_STATM = Path("/proc/self/statm")

# Where the figures stand in the status board's snapshot.
FIGURES: Mapping[str, tuple[str, ...]] = {
    "uptime_s": ("uptime_s",),
    "frames": ("camera", "figures", "frames"),
    "fps": ("camera", "figures", "fps"),
    "disk_free_mb": ("disk", "figures", "free_mb"),
    "store_mb": ("disk", "figures", "store_mb"),
    "waiting": ("queue", "figures", "total"),
    "uplink_connects": ("uplink", "figures", "connects"),
    "store_seq": ("store", "figures", "seq"),
}


def rss_mb() -> float:
    """The memory that this process holds, in MB."""
    pages = int(_STATM.read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class HealthWorker:
    """Submits `device.health` a minute after the start and every quarter of an hour then. A figure that cannot be
    had is left out. `latest`: the status board's snapshot; `hottest_c`: the highest temperature since the last call.
    `look` is called at each step: it looks after what has no thread of its own.
    """

    def __init__(
        self,
        latest: Callable[[], Mapping[str, Any]],
        hottest_c: Callable[[], float | None],
        submit: Callable[[Report, Now], object],
        clock: Clock,
        look: Callable[[], object] = lambda: None,
        *,
        every_s: float = EVERY_S,
    ) -> None:
        self._latest = latest
        self._hottest_c = hottest_c
        self._submit = submit
        self._clock = clock
        self._look = look
        self._every_s = every_s
        self._next_s = clock().mono_s + FIRST_S
        self._stop = threading.Event()

    def start(self) -> None:
        """The first event comes when there is something to tell."""

    def step(self) -> None:
        self._look()
        now = self._clock()
        if now.mono_s < self._next_s:
            self._stop.wait(min(_WAIT_S, self._next_s - now.mono_s))
            return
        self._next_s = now.mono_s + self._every_s
        self._submit(Report("device.health", self._figures(), priority=Priority.TELEMETRY), now)

    def _figures(self) -> dict[str, Any]:
        latest = self._latest()
        found = {name: _at(latest, path) for name, path in FIGURES.items()}
        found["temperature_max_c"] = self._hottest_c()
        found["load_1min"] = round(os.getloadavg()[0], 2)
        found["rss_mb"] = round(rss_mb(), 1)
        return {name: value for name, value in found.items() if value is not None}

    def stop(self) -> None:
        """Nothing is held."""

    def wake(self) -> None:
        self._stop.set()


def _at(snapshot: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(snapshot, Mapping):
            return None
        snapshot = snapshot.get(key)
    return snapshot
