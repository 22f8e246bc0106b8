"""A short run of scripts/kill-test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_reported_as_stored_is_missing_after_sigkill() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "kill-test"), "--kills", "5", "--seconds", "0.3", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert figures["holds"]
    assert figures["kills"] == 5
    assert figures["reported_stored"] > 20
    assert figures["epochs"] == 1
