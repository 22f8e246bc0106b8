"""Documents that nobody should obey, at the configuration desk: none of them may do anything."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from configuration_samples import KEY, STRANGER, Bench, document

from edge.tokens import sign

_KEYS = ["driver", "unlock_s", "groups", "schedules", "host", "port", "id", "keys", "state_dir", "zone", "", "\ud800"]
_TABLES = ["lock", "access", "face", "uplink", "camera", "door", "speaker", "device", "office", "store", "x", ""]


def fuzz(folder: Path, count: int, seed: int) -> dict[str, int]:
    """Give `count` documents; returns how many were told of. Raises AssertionError when one had an effect."""
    dice = random.Random(seed)
    bench = Bench(folder)
    before = bench.running
    good = document(7, {"lock": {"unlock_s": 3.0}})
    for _ in range(count):
        bench.give(_payload(dice, good))
        bench.turn(0.0)
        assert bench.running == before
        assert not bench.asked_to_restart
        assert bench.worker.effective.standing.in_force is None
    assert len(bench.reports) <= 4  # the clock stands, so each reason is told once
    return {"given": count, "told": len(bench.reports), "judged": bench.worker.effective.standing.seen}


def _payload(dice: random.Random, good: bytes) -> bytes:
    """Noise, a good document damaged or cut, one of a stranger, or a signed one that makes no sense."""
    kind = dice.randrange(6)
    if kind == 0:
        return dice.randbytes(dice.choice([0, 1, 50, 500, 70_000]))
    if kind == 1:
        at = dice.randrange(len(good) - 2)  # the last letters of base64 have bits that mean nothing
        return good[:at] + bytes([good[at] ^ 1 << dice.randrange(7)]) + good[at + 1 :]
    if kind == 2:
        return good[: dice.randrange(len(good) - 2)]
    if kind == 3:
        return document(dice.randrange(1, 99), {"lock": {"unlock_s": 3.0}}, key=STRANGER)
    if kind == 4:
        return sign({"aud": "demo/gate-sim", "version": 7, "config": {}}, "edge-command", "ann", KEY).encode()
    config = {dice.choice(_TABLES[:10]): {dice.choice(_KEYS): _value(dice, 3)} for _ in range(dice.randrange(1, 4))}
    wrong: dict[str, Any] = {**config, "wrong": {"wrong": 1}}
    return document(dice.choice([dice.randrange(-3, 1000), "7", None, 1 << 70]), json.loads(json.dumps(wrong)))


def _value(dice: random.Random, depth: int) -> Any:
    kind = dice.randrange(8)
    if depth and kind < 2:
        inner = [_value(dice, depth - 1) for _ in range(dice.randrange(3))]
        return inner if kind else {dice.choice(_KEYS): one for one in inner}
    return dice.choice([None, True, 0, -1, 1e308, float("nan"), 10**40, "", "x" * 5000, "\ud800", "\0"])
