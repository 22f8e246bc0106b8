"""How long people wait by each way, as the overview tells it."""

from __future__ import annotations

from typing import Any

from edge.web.waits import waits
from edge.web.words import translated


def english(text: str) -> str:
    return text


def summary(count: int, p50_ms: float, p99_ms: float) -> dict[str, float]:
    return {"count": count, "p50_ms": p50_ms, "p99_ms": p99_ms, "max_ms": p99_ms}


STATUS: dict[str, Any] = {
    "access": {
        "ways": ["face", "card", "pass"],
        "figures": {
            "face": summary(3, 420.0, 14_500.0),
            "card": summary(1, 4.2, 4.2),
            "card+pin": summary(2, 3e3, 4e3),
        },
    }
}


def test_each_way_that_is_taken_has_a_line_and_each_that_was() -> None:
    assert list(waits(STATUS, english)) == [
        ("ways", "Taken now", "Face, Card, Pass"),
        ("waited-face", "Face", "3 let in, median 0.42 s, 99 % within 14.5 s"),
        ("waited-card", "Card", "1 let in, median 0.004 s, 99 % within 0.004 s"),
        ("waited-pass", "Pass", "nobody yet"),
        ("waited-card+pin", "Card + PIN", "2 let in, median 3.00 s, 99 % within 4.00 s"),
    ]


def test_it_is_told_in_mandarin() -> None:
    told = {name: f"{what}: {text}" for name, what, text in waits(STATUS, lambda text: translated("cmn", text))}
    assert told["ways"] == "目前可用: 人脸, 门禁卡, 通行码"
    assert told["waited-face"] == "人脸: 放行 3 次，中位数 0.42 秒，99% 在 14.5 秒内"
    assert told["waited-card+pin"].startswith("门禁卡 + 密码: ")


def test_a_device_without_a_door_has_none() -> None:
    assert list(waits({}, english)) == []
