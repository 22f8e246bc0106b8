"""A short run of scripts/kill-test with the whole daemon."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.broker import MOSQUITTO, NO_MOSQUITTO
from tests.scenario.rig import ROOT


def test_nothing_that_the_daemon_stored_is_missing_after_sigkill() -> None:
    if MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)
    command = [sys.executable, ROOT / "scripts" / "kill-test", "--daemon", "--kills", "3", "--seconds", "1.5", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert figures["holds"]
    assert (figures["kills"], figures["epochs"], figures["last_exit_code"]) == (3, 1, 0)
    assert figures["reported_stored"] >= 3
