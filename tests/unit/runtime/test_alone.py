"""Only one daemon holds a state directory, and whoever comes next has it once the first is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge.errors import HardwareError
from edge.runtime.alone import hold

LIMIT_S = 60.0


def test_a_second_one_is_told_what_to_do(tmp_path: Path) -> None:
    first = hold(tmp_path)
    with pytest.raises(HardwareError, match="another daemon runs") as caught:
        hold(tmp_path, wait_s=0.0)
    assert "systemctl stop edge" in caught.value.hint and caught.value.exit_code == 3
    os.close(first)
    os.close(hold(tmp_path, wait_s=0.0))
    assert list(tmp_path.iterdir()) == []


def test_it_waits_for_one_that_is_ending(tmp_path: Path) -> None:
    first, got = hold(tmp_path), []
    second = threading.Thread(target=lambda: got.append(hold(tmp_path, wait_s=LIMIT_S)))
    second.start()
    os.close(first)
    second.join(LIMIT_S)
    [handle] = got
    os.close(handle)


def test_a_killed_one_and_its_children_hold_nothing(tmp_path: Path) -> None:
    """The child outlives it, as a prompt's player may."""
    script = (
        "import subprocess, sys, pathlib; from edge.runtime.alone import hold; hold(pathlib.Path(sys.argv[1]));"
        "child = subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'], stdin=sys.stdin);"
        "print('held', flush=True); child.wait()"
    )
    words = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None and one.stdout.readline() == "held\n"
        with pytest.raises(HardwareError, match="another daemon"):
            hold(tmp_path, wait_s=0.0)
        one.send_signal(signal.SIGKILL)
        one.wait(LIMIT_S)
        os.close(hold(tmp_path, wait_s=0.0))


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="cannot be opened"):
        hold(tmp_path / "nowhere")
