"""A short run of scripts/broker-kill-test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker import MOSQUITTO, NO_MOSQUITTO

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(MOSQUITTO is None, reason=NO_MOSQUITTO)
def test_nothing_is_lost_when_the_broker_is_killed_and_nothing_is_stored_twice() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "broker-kill-test"), "--kills", "3", "--kill-sink", "--json"]
    done = subprocess.run([*command, "--seconds", "0.7"], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert figures["holds"]
    assert figures["kills"] == 3
    assert figures["in_sink"] == figures["reported_stored"] > 20
