"""How long people wait at the gate, by what they showed: from the first thing shown to the open lock.

A way without a face is meant to be as fast as one with it; this is where it can be seen whether it is.
"""

from __future__ import annotations

from typing import Any

from edge.actions import Report
from edge.runtime.histogram import Histogram

_MOST = 16  # ways; there are fifteen sets of four factors


class WaitingTimes:
    """Written by the brain's thread, read by any."""

    def __init__(self) -> None:
        self._by: dict[str, Histogram] = {}

    def note(self, report: Report) -> None:
        """Count a grant; other reports are overlooked."""
        waited_s = report.data.get("waited_s")
        if report.type != "access.granted" or waited_s is None:
            return
        way = str(report.data["by"])
        if way in self._by or len(self._by) < _MOST:
            self._by.setdefault(way, Histogram()).add(1e3 * float(waited_s))

    def status(self) -> dict[str, Any]:
        """For the status board: count, median, 99th percentile and maximum in milliseconds, by way."""
        return {"figures": {way: times.summary() for way, times in list(self._by.items())}}
