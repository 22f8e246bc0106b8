from __future__ import annotations

import pytest

from edge.measure import bench_uplink

CONTRACT = {"name", "per_second", "median_ms", "p99_ms", "limit", "ratio_to_limit", "peak_rss_mb", "runs", "holds"}


def test_the_benchmark_measures_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_uplink, "EVENTS", 5_000)
    monkeypatch.setattr(bench_uplink, "LIVE", 30)
    figures = bench_uplink.measure(1)
    assert figures.keys() >= CONTRACT
    assert figures["alarms"] >= 2
    # Each message takes the round trip, so five thousand events cannot pass a long line faster than this.
    assert figures["drain_50ms_per_second"] < 5_000 / (2 * bench_uplink.ONE_WAY_S)
    assert figures["alarm_50ms_max_ms"] > 1e3 * bench_uplink.ONE_WAY_S
    assert figures["median_ms"] > 0.0
    assert figures["ratio_to_limit"] == max(figures["ratios"].values())
    assert figures["holds"] == (figures["ratio_to_limit"] <= 1.0)
