"""What has no checksum counts when it is said twice."""

from __future__ import annotations

from edge.bin_events import Reading


class Twice:
    """Lets a reading through when the one before it said the same within `tolerance` (mm or g) or `share` of it.

    Of a single two-byte answer of random bytes one in 15 lies between 30 and 4500 mm; of two in a row both do, and
    within 20 mm of each other, in one case of 23,500 (4471 · 41 / 65536²).
    """

    def __init__(self, tolerance: float, share: float = 0.0) -> None:
        self._tolerance = tolerance
        self._share = share
        self._before: Reading | None = None

    def __call__(self, reading: Reading) -> Reading | None:
        """The reading, if it is confirmed; else None, and it waits to be."""
        before, self._before = self._before, reading
        return reading if before is not None and self._same(before, reading) else None

    def forget(self) -> None:
        """What was said before is too old to confirm anything."""
        self._before = None

    def _same(self, before: Reading, after: Reading) -> bool:
        one, other = _value(before), _value(after)
        if one is None or other is None:
            return one is other
        return abs(one - other) <= max(self._tolerance, self._share * abs(one))


def _value(reading: Reading) -> float | None:
    return reading.distance_mm if reading.distance_mm is not None else reading.load_g
