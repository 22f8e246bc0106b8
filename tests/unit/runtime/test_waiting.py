from __future__ import annotations

from edge.actions import Report
from edge.runtime.waiting import WaitingTimes


def granted(by: str, waited_s: float) -> Report:
    return Report("access.granted", {"by": by, "waited_s": waited_s}, "p")


def test_times_are_kept_by_what_was_shown() -> None:
    times = WaitingTimes()
    for waited_s in (0.4, 0.5, 0.6):
        times.note(granted("face", waited_s))
    times.note(granted("card+pin", 4.0))
    times.note(Report("access.granted", {"by": "command", "command": "c"}))
    times.note(Report("access.refused", {"reason": "unknown", "waited_s": 1.0}))
    figures = times.status()["figures"]
    assert {way: summary["count"] for way, summary in figures.items()} == {"face": 3, "card+pin": 1}
    assert figures["card+pin"]["max_ms"] == 4000.0


def test_it_stays_small_whatever_is_reported() -> None:
    times = WaitingTimes()
    for number in range(1000):
        times.note(granted(f"way-{number}", 1.0))
    assert len(times.status()["figures"]) == 16
