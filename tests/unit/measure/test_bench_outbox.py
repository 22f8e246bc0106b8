from __future__ import annotations

from pathlib import Path

import pytest

from edge.measure import bench_outbox


def test_all_figures_come_from_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_outbox, "RATES", {1000: 5})
    monkeypatch.setattr(bench_outbox, "_WARM_UPS", 5)
    result = bench_outbox.measure(1, tmp_path)
    assert result["limit"] == pytest.approx(0.85 * result["fdatasync_append_per_second"], abs=1)
    assert result["ratio_to_limit"] == pytest.approx(result["per_second"] / result["limit"], rel=0.01)
    assert result["many_to_single"] == pytest.approx(result["many_per_second"] / result["per_second"], rel=0.02)
    assert result["holds"] == (
        result["ratio_to_limit"] >= 1 and result["many_to_single"] >= 5 and result["insert_to_raw"] >= 0.9
    )
    assert result["created_to_durable_ms"]["1000"]["p50"] > 0
    assert list(tmp_path.iterdir()) == []


def test_the_rate_is_that_of_the_median_lap() -> None:
    assert bench_outbox._per_second([0.001] * 500 + [0.002] * 500 + [1.0] * 500) == pytest.approx(500)
