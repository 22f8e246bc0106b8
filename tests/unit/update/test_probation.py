"""What a new version must show, second by second."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.update.journal import Baseline
from edge.update.probation import (
    ABSENT_S,
    LIMIT_S,
    MOST_LIVES,
    STEADY_S,
    Probation,
    Seen,
    baseline_of,
    read_seen,
)

GOOD = Seen("0.2.0", 7, 10.0, True, True, ())
BEFORE = Baseline(True, True, ("door contacts",))


def judge(*shown: tuple[float, Seen | None], baseline: Baseline = BEFORE) -> tuple[str, float, str]:
    """The verdict, when it fell, and why. Each of `shown` holds from its time on; asked every two seconds."""
    probation, now_s = Probation("0.2.0", baseline, 0.0), 0.0
    while True:
        seen = [one for since_s, one in shown if since_s <= now_s][-1]
        aged = seen and replace(seen, uptime_s=seen.uptime_s + now_s)
        verdict = probation.verdict(aged, now_s)
        if verdict != "open":
            return verdict, now_s, probation.why
        now_s += 2.0


@pytest.mark.parametrize(
    ("shown", "verdict", "at_s", "why"),
    [
        ([(0.0, GOOD)], "proven", STEADY_S, ""),
        ([(0.0, replace(GOOD, faults=("door contacts",)))], "proven", STEADY_S, ""),  # it was there before
        ([(0.0, None), (60.0, GOOD)], "proven", 60.0 + STEADY_S, ""),
        ([(0.0, None)], "failed", ABSENT_S, "did not start"),
        ([(0.0, GOOD), (50.0, None)], "failed", 50.0 + ABSENT_S - 2.0, "the daemon is gone"),
        ([(0.0, replace(GOOD, version="0.1.0"))], "failed", ABSENT_S, "0.1.0 runs in the place of 0.2.0"),
        ([(0.0, replace(GOOD, faults=("camera",)))], "failed", LIMIT_S, "new faults: camera"),
        ([(0.0, replace(GOOD, connected=False))], "failed", LIMIT_S, "is not reached"),
        ([(0.0, replace(GOOD, delivered=False))], "failed", LIMIT_S, "no event has been delivered"),
        ([(0.0, GOOD), (100.0, replace(GOOD, faults=("voice",))), (110.0, GOOD)], "proven", 110.0 + STEADY_S, ""),
        ([(0.0, GOOD), (100.0, replace(GOOD, pid=8))], "proven", 100.0 + STEADY_S, ""),  # ended once
        ([(0.0, GOOD), (100.0, replace(GOOD, uptime_s=-99.0))], "proven", 100.0 + STEADY_S, ""),  # a new process's
        ([(30.0 * life, replace(GOOD, pid=life)) for life in range(9)], "failed", 30.0 * MOST_LIVES, "ended 3 times"),
        ([(0.0, None), (880.0, GOOD)], "failed", ABSENT_S, "did not start"),
    ],
)
def test_the_verdict_and_its_time(shown: list[tuple[float, Seen | None]], verdict: str, at_s: float, why: str) -> None:
    found, when_s, told = judge(*shown)
    assert (found, when_s) == (verdict, at_s)
    assert verdict == "proven" or why in told


def test_where_no_broker_was_reached_none_is_wanted() -> None:
    alone = replace(GOOD, connected=False, delivered=False)
    assert judge((0.0, alone), baseline=Baseline(True, False))[0] == "proven"


def test_a_flapping_version_is_not_kept() -> None:
    bad = replace(GOOD, faults=("camera",))
    shown = [(100.0 * turn, GOOD if turn % 2 else bad) for turn in range(20)]
    assert judge(*shown) == ("failed", LIMIT_S, "new faults: camera")


def test_the_status_of_the_daemon_is_read() -> None:
    status: dict[str, Any] = {
        "version": "0.2.0",
        "pid": 7,
        "uptime_s": 10.0,
        "faults": {},
        "uplink": {"connected": True, "figures": {"acknowledged": 0, "unconfirmed": 2}},
    }
    assert read_seen(status) == GOOD
    assert baseline_of(GOOD) == Baseline(True, True)
    assert baseline_of(None) == Baseline()
    for key in status:
        with pytest.raises((KeyError, TypeError)):
            read_seen({name: value for name, value in status.items() if name != key})
