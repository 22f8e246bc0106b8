"""What the benchmarks have in common: quantiles of repeated runs, and this process's peak memory."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from typing import Any

import numpy as np


def peak_rss_mb() -> float:
    """Peak resident memory of this process, MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def summary(name: str, times_ms: Sequence[float], limit_ms: float, **more: Any) -> dict[str, Any]:
    """The figures that every benchmark prints: the median is held against the limit."""
    median = float(np.median(times_ms))
    return {
        "name": name,
        "median_ms": round(median, 3),
        "p99_ms": round(float(np.quantile(times_ms, 0.99)), 3),
        "limit": round(limit_ms, 3),
        "ratio_to_limit": round(median / limit_ms, 3),
        "peak_rss_mb": peak_rss_mb(),
        "runs": len(times_ms),
        "holds": median <= limit_ms,
        **more,
    }
