"""Recorded distances: a CSV file with seconds and millimetres, one measurement a line."""

from __future__ import annotations

import bisect
import csv
import math
from pathlib import Path

from edge.errors import DataError

_MOST_ROWS = 1_000_000


class Trace:
    """`at` gives what was measured last before a time; what is over 6,553 mm or below 0 was no echo (0)."""

    def __init__(self, times_s: list[float], distances_mm: list[float]) -> None:
        self._times_s = times_s
        self._distances_mm = distances_mm

    def at(self, elapsed_s: float) -> float:
        place = bisect.bisect_right(self._times_s, elapsed_s) - 1
        return self._distances_mm[max(0, place)]


def load_trace(path: Path) -> Trace:
    """Read the file; a first line that is no numbers is the header. Raises DataError, which names the line."""
    times_s: list[float] = []
    distances_mm: list[float] = []
    hint = "each line holds seconds and millimetres, with the seconds rising"
    try:
        with path.open(newline="") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if not row:
                    continue
                try:
                    seconds, distance_mm = float(row[0]), float(row[1])
                except (ValueError, IndexError) as error:
                    if number == 1:
                        continue
                    raise DataError(f"{path}:{number}: {error}", hint=hint) from error
                if not (math.isfinite(seconds) and math.isfinite(distance_mm)):
                    raise DataError(f"{path}:{number}: not a finite number", hint=hint)
                if times_s and seconds < times_s[-1]:
                    raise DataError(f"{path}:{number}: earlier than the line before", hint=hint)
                if len(times_s) >= _MOST_ROWS:
                    raise DataError(f"{path}: more than {_MOST_ROWS:,} lines", hint="cut it in parts")
                times_s.append(seconds)
                distances_mm.append(distance_mm if 0.0 <= distance_mm <= 6553.0 else 0.0)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"the trace {path} cannot be read: {error}", hint=hint) from error
    if not times_s:
        raise DataError(f"{path} holds no measurement", hint=hint)
    return Trace(times_s, distances_mm)
