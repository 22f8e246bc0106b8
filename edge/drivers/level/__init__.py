"""Level sensors: what measures how full a bin is. Every implementation bounds its reads."""

from __future__ import annotations

from typing import Protocol

from edge.bin_events import Reading


class LevelSensor(Protocol):
    """One sensor. `open` may raise HardwareError."""

    def open(self) -> None: ...

    def read(self, timeout_s: float) -> Reading | None:
        """The newest measurement, or None when none came within `timeout_s` (a driver whose instrument has a limit of
        its own, of 2 s at most, says so). Raises HardwareError when it is gone.
        """
        ...

    def close(self) -> None: ...
