"""Time, passed in: one reading of both clocks, and a note of how good the wall clock is.

Deadlines use the monotonic clock. The wall clock is data: a Raspberry Pi has none of its own, so after a cold
boot without network it may be years off.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Quality = Literal["synced", "unsynced", "corrected"]

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_SET_US = 100_000  # both clocks are slewed alike, so between two readings their difference changes only by setting
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Now:
    """One moment on both clocks.

    `mono_s`: seconds of the monotonic clock. `wall_us`: microseconds since 1970 UTC. `quality`: whether the
    kernel says that the wall clock follows a time server. `trusted`: whether dates and schedules may be judged
    by it (synchronised, or at least not before the newest time this device has seen).
    """

    mono_s: float
    wall_us: int
    quality: Quality = "synced"
    trusted: bool = True

    @property
    def wall(self) -> datetime:
        """The wall clock as an aware UTC datetime."""
        return datetime.fromtimestamp(self.wall_us / 1e6, tz=UTC)


Clock = Callable[[], Now]


class _Timex(ctypes.Structure):
    # struct timex of adjtimex(2) on 64-bit Linux is 208 bytes; only the return value is read.
    _fields_ = (("modes", ctypes.c_uint), ("rest", ctypes.c_byte * 252))


def kernel_synchronised() -> bool:
    """Whether the kernel's clock follows a time server; False where it cannot be asked."""
    libc = ctypes.CDLL(None, use_errno=True)
    state: int = libc.adjtimex(ctypes.byref(_Timex()))
    return 0 <= state < _TIME_ERROR


def boot_id() -> str:
    """The kernel's random id of this boot."""
    return _BOOT_ID.read_text().strip()


class SystemClock:
    """The machine's clocks. `floor_us` is the newest wall time known to have passed (the last stored event,
    the release of the software): an unsynchronised clock before it is certainly wrong.
    """

    def __init__(self, floor_us: int = 0, *, synchronised: Callable[[], bool] = kernel_synchronised) -> None:
        self._floor_us = floor_us
        self._synchronised = synchronised
        self._asked_at = float("-inf")
        self._offset_us = 0
        self._synced = False

    def __call__(self) -> Now:
        # Nothing stands between the two: their difference places the events of a boot whose time is learnt later.
        mono = time.monotonic()
        wall_us = time.time_ns() // 1000
        offset_us = wall_us - round(mono * 1e6)
        # The answer changes rarely and costs a system call; but a clock that was just set is not trusted meanwhile.
        if mono - self._asked_at > 1.0 or abs(offset_us - self._offset_us) > _SET_US:
            self._synced, self._asked_at = self._synchronised(), mono
        self._offset_us = offset_us
        return Now(
            mono_s=mono,
            wall_us=wall_us,
            quality="synced" if self._synced else "unsynced",
            trusted=self._synced or wall_us >= self._floor_us,
        )
