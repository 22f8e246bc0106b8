"""How often a wrong code was given, and how long nobody may try again: in a file that outlives restarts.

It is counted before it is compared, as PINs are, so that a power cut gives no further try. No wall clock is needed: a
lock-out that another boot began starts anew at the first look, since nobody knows how long the device was off.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.errors import DataError
from edge.web.durable import read_json, write_json

FREE = 5
"""Wrong codes in a row that cost nothing but the try."""
LOCK_S = 900.0
"""After the fifth, and after each further one. A code has 58 bits; this keeps the log readable and the device cool."""
_NAME = "failures.json"


class Lockout:
    """For one thread at a time. `boot`: the kernel's id of this boot."""

    def __init__(self, folder: Path, boot: str) -> None:
        self._path = folder / _NAME
        self._boot = boot

    def left_s(self, now_s: float) -> float:
        """Seconds until the next try is taken; 0: now. `now_s`: monotonic. Raises HardwareError."""
        seen = self._read()
        if seen["failures"] < FREE:
            return 0.0
        if seen["boot"] != self._boot or seen["since_s"] > now_s:
            seen = seen | {"boot": self._boot, "since_s": now_s}
            write_json(self._path, seen)
        return max(0.0, float(seen["since_s"]) + LOCK_S - now_s)

    def count(self, now_s: float) -> int:
        """One more try is taken for a wrong one; how many there are now. Raises HardwareError: then it is refused."""
        failures = int(self._read()["failures"]) + 1
        write_json(self._path, {"failures": failures, "boot": self._boot, "since_s": now_s})
        return failures

    def clear(self) -> None:
        """The code was right. Raises HardwareError."""
        write_json(self._path, {"failures": 0, "boot": self._boot, "since_s": 0.0})

    def _read(self) -> dict[str, Any]:
        """What stands there; a damaged file is taken for the worst, a missing one for the first day."""
        try:
            body = read_json(self._path)
            if body is None:
                return {"failures": 0, "boot": self._boot, "since_s": 0.0}
            return {"failures": int(body["failures"]), "boot": str(body["boot"]), "since_s": float(body["since_s"])}
        except (DataError, ValueError, KeyError, TypeError):
            return {"failures": FREE, "boot": "", "since_s": 0.0}
