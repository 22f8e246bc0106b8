"""What a gate begins with after a restart, from the events that it has stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Now, boot_id
from edge.config import Config
from edge.config.schema import Access
from edge.device.startup import first_of_the_gate
from edge.gate.access import Attempts
from tests.unit.device.device_samples import config_of

LOCKED = {"reason": "locked_out", "score": 0.2, "lockout_s": 120.0}
UNKNOWN = {"reason": "unknown", "score": 0.2}
NOW = Now(5_000.0, 1_790_000_000_000_000)
BEFORE = "0f9a3c52-8d6e-4a5b-9e07-1c2d3e4f5a6b"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return config_of(tmp_path)


def body(kind: str, data: dict[str, Any], mono_s: float, boot: str = "") -> bytes:
    told = {"type": kind, "data": data, "monotonic": f"{mono_s:.6f}", "bootid": boot or boot_id()}
    return json.dumps(told).encode()


def begins(config: Config, *newest_first: bytes) -> Attempts:
    return first_of_the_gate(config, newest_first, NOW, lockdown=False).attempts


def test_a_lock_out_goes_on_where_it_was_when_the_daemon_starts_again(config: Config) -> None:
    door = body("access.granted", {"by": "command"}, 4_990.0)  # ends no lock-out while it runs either
    assert begins(config, door, body("access.refused", LOCKED, 4_950.0)).locked_until == 4_950.0 + Access().lockout_s
    assert begins(config, door, body("access.refused", LOCKED, 4_000.0)) == Attempts()


def test_no_time_passes_for_a_lock_out_while_the_device_is_off(config: Config) -> None:
    last = body("door.closed", {}, 930.0, BEFORE)
    began = body("access.refused", LOCKED, 900.0, BEFORE)
    on_for_s = NOW.mono_s - 4_980.0
    started = body("device.started", {}, 4_980.0)
    left_s = Access().lockout_s - 30.0 - on_for_s
    assert begins(config, started, last, began).locked_until == pytest.approx(NOW.mono_s + left_s)


def test_failures_before_a_lock_out_keep_their_age(config: Config) -> None:
    past = [body("access.refused", UNKNOWN, at_s) for at_s in (4_995.0, 4_990.0, 5_000.0 - Access().lockout_window_s)]
    assert [at_s for _, at_s in begins(config, *past).failures] == [4_990.0, 4_995.0]


@pytest.mark.parametrize(
    "altered", [b"", b"[]", b"{}", body("access.refused", LOCKED, 1.0)[:-9], b'{"type":"a","data":[],"monotonic":"x"}']
)
def test_an_altered_event_is_passed_over(config: Config, altered: bytes) -> None:
    assert begins(config, altered, body("access.refused", LOCKED, 4_999.0)).locked(NOW.mono_s)
