"""Latencies, kept as counts in buckets: bounded memory, any number of values."""

from __future__ import annotations

from math import inf

# Each bucket is a quarter wider than the last, from 0.05 ms to about two minutes: quantiles are right to 12 %.
_BOUNDS_MS = tuple(0.05 * 1.25**step for step in range(66))


class Histogram:
    """Written by one thread, read by any."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_BOUNDS_MS) + 1)
        self.count = 0
        self.max_ms = 0.0

    def add(self, value_ms: float) -> None:
        place = next((index for index, bound in enumerate(_BOUNDS_MS) if value_ms <= bound), len(_BOUNDS_MS))
        self._counts[place] += 1
        self.count += 1
        self.max_ms = max(self.max_ms, value_ms)

    def quantile_ms(self, share: float) -> float:
        """The upper bound of the bucket where `share` (0..1) of the values is reached; 0 without values."""
        wanted, seen = share * self.count, 0
        for bound, count in zip((*_BOUNDS_MS, inf), self._counts, strict=True):
            seen += count
            if count and seen >= wanted:
                return min(bound, self.max_ms)
        return 0.0

    def summary(self) -> dict[str, float]:
        """Count, median, 99th percentile and maximum, milliseconds."""
        return {
            "count": self.count,
            "p50_ms": round(self.quantile_ms(0.5), 2),
            "p99_ms": round(self.quantile_ms(0.99), 2),
            "max_ms": round(self.max_ms, 2),
        }
