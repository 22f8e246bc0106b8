"""The board on the status board: asked now and then, shown so that it changes seldom."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.drivers import board
from edge.runtime.steady import Steady

ASK_S = 5.0
TEMPERATURE_STEP_C = 5.0
FREE_STEP = 0.05  # of the disk
MB = 1_000_000


class BoardWatch:
    """Reads the sensors every `ASK_S` seconds at most, whoever asks; `hottest_c` remembers between two health
    events. `store`: the database file that the quota bounds. All methods are for one thread, but `hottest_c`.
    """

    def __init__(
        self,
        state_dir: Path,
        store: Path,
        quota_mb: int,
        *,
        sys: Path = board.SYS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state_dir = state_dir
        self._store = store
        self._quota = quota_mb * MB
        self._sys = sys
        self._monotonic = monotonic
        self._asked_s = float("-inf")
        self._steady_c = Steady(TEMPERATURE_STEP_C)
        self._steady_free = Steady(FREE_STEP)
        self._steady_share = Steady(0.1)
        self._temperature_c: float | None = None
        self._hottest_c: float | None = None
        self._power = board.Power()
        self._disk: board.Disk | None = None
        self._store_bytes = 0

    def status(self) -> dict[str, Any]:
        """Temperature in whole steps, under-voltage and throttling now and since the boot; null where unknown."""
        self._ask()
        return {
            "temperature_c": self._steady_c(self._temperature_c),
            **asdict(self._power),
            "figures": {"temperature_c": self._temperature_c},
        }

    def disk(self) -> dict[str, Any]:
        """Free space and the share of the quota in whole steps; the exact figures apart."""
        self._ask()
        share = self._store_bytes / self._quota
        shown: dict[str, Any] = {"free_mb": None, "quota_share": _rounded(self._steady_share(share))}
        figures: dict[str, Any] = {"store_mb": round(self._store_bytes / MB, 1), "quota_mb": self._quota // MB}
        if self._disk is not None and self._disk.total:
            part = self._steady_free(self._disk.free / self._disk.total) or 0.0
            shown["free_mb"] = round(part * self._disk.total / MB)
            figures["free_mb"] = round(self._disk.free / MB)
        return {**shown, "figures": figures}

    def hottest_c(self) -> float | None:
        """The highest temperature since the last call."""
        hottest, self._hottest_c = self._hottest_c, self._temperature_c
        return hottest

    def _ask(self) -> None:
        now_s = self._monotonic()
        if now_s - self._asked_s < ASK_S:
            return
        self._asked_s = now_s
        self._temperature_c = board.temperature_c(self._sys)
        if self._temperature_c is not None:
            self._hottest_c = max(self._temperature_c, self._hottest_c or self._temperature_c)
        self._power = board.power(self._sys)
        self._disk = board.disk(self._state_dir)
        self._store_bytes = _size(self._store) + _size(self._store.with_name(self._store.name + "-wal"))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # not made yet
        return 0
