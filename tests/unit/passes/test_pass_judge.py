from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.clock import Now
from edge.passes.judge import Known, Place, refusal
from edge.passes.token import Pass
from tests.unit.passes.pass_samples import LOST, NOW, NOW_S, NUMBER, ONCE, PERSON, PLACE

PLAIN = Pass(NUMBER, PERSON, "riverside")


@pytest.mark.parametrize(
    ("changes", "known", "now", "reason"),
    [
        ({}, Known(), NOW, ""),
        ({}, Known(used=5), NOW, ""),
        ({}, Known(), LOST, ""),
        ({"site": "hilltop"}, Known(), NOW, "wrong_site"),
        ({"site": "hilltop"}, Known(revoked=True), LOST, "wrong_site"),
        ({"zones": ("main",)}, Known(), NOW, ""),
        ({"zones": ("pool", "main")}, Known(), NOW, ""),
        ({"zones": ("pool",)}, Known(), NOW, "wrong_zone"),
        ({}, Known(revoked=True), NOW, "revoked"),
        ({"expires": NOW_S}, Known(revoked=True), LOST, "revoked"),
        ({"not_before": NOW_S}, Known(), NOW, ""),
        ({"not_before": NOW_S + 1}, Known(), NOW, "not_yet_valid"),
        ({"not_before": 0}, Known(), LOST, "clock"),
        ({"expires": NOW_S + 1}, Known(), NOW, ""),
        ({"expires": NOW_S + 1}, Known(), LOST, "clock"),
        ({"expires": NOW_S}, Known(), NOW, "expired"),
        ({"expires": NOW_S + 1, "uses": 1}, Known(), NOW, ""),
        ({"expires": NOW_S + 1, "uses": 1}, Known(used=1), NOW, "used_up"),
        ({"expires": NOW_S + 1, "uses": 3}, Known(used=2), NOW, ""),
        ({"expires": NOW_S + 1, "uses": 3}, Known(used=4), NOW, "used_up"),
        ({"expires": NOW_S, "uses": 1}, Known(used=1), NOW, "expired"),
    ],
)
def test_why_a_pass_opens_nothing(changes: dict[str, Any], known: Known, now: Now, reason: str) -> None:
    assert refusal(replace(PLAIN, **changes), PLACE, known, now) == reason


def test_to_the_microsecond() -> None:
    last = replace(NOW, wall_us=(NOW_S + 86_400) * 1_000_000 - 1)
    assert refusal(ONCE, PLACE, Known(), last) == ""
    assert refusal(ONCE, PLACE, Known(), replace(last, wall_us=last.wall_us + 1)) == "expired"


def test_a_device_of_another_zone() -> None:
    assert refusal(replace(PLAIN, zones=("main",)), Place("riverside", "pool"), Known(), NOW) == "wrong_zone"
