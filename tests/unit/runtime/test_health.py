from __future__ import annotations

import os
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Now
from edge.runtime.health import EVERY_S, FIRST_S, HealthWorker, rss_mb

SNAPSHOT: dict[str, Any] = {
    "uptime_s": 60.0,
    "camera": {"working": True, "figures": {"frames": 600, "fps": 10.1}},
    "queue": {"alarm": "none", "figures": {"total": 3}},
    "store": "broken",
}


class Ward:
    def __init__(self) -> None:
        self.mono_s = 100.0
        self.sent: list[tuple[Report, Now]] = []
        self.hottest: float | None = 61.5
        self.worker = HealthWorker(
            lambda: SNAPSHOT, lambda: self.hottest, lambda report, now: self.sent.append((report, now)), self.clock
        )
        self.worker.start()
        self.worker.wake()  # so that no step waits

    def clock(self) -> Now:
        return Now(self.mono_s, 1_790_000_000_000_000)

    def after(self, seconds: float) -> int:
        self.mono_s += seconds
        self.worker.step()
        return len(self.sent)


def test_the_beat_is_a_minute_after_the_start_and_each_quarter_of_an_hour() -> None:
    ward = Ward()
    assert [ward.after(0.0), ward.after(FIRST_S - 1), ward.after(1.0), ward.after(0.5)] == [0, 0, 1, 1]
    assert [ward.after(EVERY_S - 1), ward.after(0.6), ward.after(1.0)] == [1, 2, 2]


def test_what_cannot_be_measured_is_left_out() -> None:
    ward = Ward()
    ward.after(FIRST_S)
    ward.hottest = None
    ward.after(EVERY_S)
    (first, now), (second, _) = ward.sent
    assert (first.type, first.priority, now.mono_s) == ("device.health", Priority.TELEMETRY, 160.0)
    figures = dict(first.data)
    assert figures.pop("load_1min") >= 0
    assert figures.pop("rss_mb") > 1
    assert figures == {"uptime_s": 60.0, "frames": 600, "fps": 10.1, "waiting": 3, "temperature_max_c": 61.5}
    assert "temperature_max_c" not in second.data


def test_memory_is_that_of_this_process() -> None:
    before = rss_mb()
    block = bytearray(os.urandom(1) * 30_000_000)
    assert 20 < rss_mb() - before < 60
    assert len(block) == 30_000_000
