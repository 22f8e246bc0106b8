"""The life of the daemon's process, from exec to its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.broker import PrivateBroker
from tests.scenario.rig import STOP_LIMIT_S, configure, edge, mute_listener, running

VOICE = 'driver = "simulated"\nlanguages = ["en"]'


def uplink(port: int) -> str:
    return f'host = "127.0.0.1"\nport = {port}\ntls = false'


def test_ready_status_and_stop(tmp_path: Path, broker: PrivateBroker) -> None:
    config = configure(tmp_path, uplink=uplink(broker.port))
    with running(config) as daemon:
        daemon.wait("ready after")
        status = daemon.status(lambda now: now["camera"]["working"] and now["uplink"]["connected"])
        assert (status["device"], status["site"], status["pid"]) == ("gate-1", "riverside", daemon.process.pid)
        assert status["warnings"] == {}
        assert status["vision"]["working"]
        assert status["door"]["unlocked"] is False
        assert status["workers"] == {"replaced": 0}
        daemon.assert_ends_well()
        assert daemon.said("device.stopped .*SIGTERM")
    after = edge("status", "--config", config, "--json")
    assert after.returncode == 3
    assert "no daemon is running" in json.loads(after.stdout)["error"]
    kinds = [
        event["type"] for event in json.loads(edge("events", "list", "--config", config, "--json").stdout)["events"]
    ]
    assert "device.started" in kinds
    assert kinds[-2:] == ["device.stopped", "chain.checkpoint"]  # the last words are stored too


@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.2, 0.3, 0.5], ids="{:g} s after exec".format)
def test_a_stop_before_it_is_ready(tmp_path: Path, delay_s: float) -> None:
    with running(configure(tmp_path)) as daemon:
        with contextlib.suppress(subprocess.TimeoutExpired):
            daemon.process.wait(delay_s)
        code, took_s = daemon.end()
        # Before the interpreter has come to our first line nobody can catch the signal, and nothing is held yet.
        assert code in (0, -signal.SIGTERM), daemon.log
        assert took_s < STOP_LIMIT_S, f"it took {took_s:.2f} s to end, of 2 allowed:\n{daemon.log}"
        assert not daemon.said("Traceback|CRITICAL"), daemon.log


def test_a_stop_once_the_door_is_claimed_and_the_workers_are_starting(tmp_path: Path) -> None:
    with running(configure(tmp_path)) as daemon:
        daemon.wait("roster: 0 people")
        daemon.assert_ends_well()


def test_a_stop_by_ctrl_c_without_a_broker(tmp_path: Path) -> None:
    with running(configure(tmp_path)) as daemon:
        daemon.wait("ready after")
        daemon.assert_ends_well(signal.SIGINT)


def test_a_stop_while_the_broker_hangs(tmp_path: Path) -> None:
    with mute_listener() as port, running(configure(tmp_path, uplink=uplink(port))) as daemon:
        daemon.wait("ready after")
        assert daemon.status()["uplink"]["connected"] is False
        daemon.assert_ends_well()


def test_a_stop_while_the_door_is_unlocked_and_a_prompt_is_spoken(tmp_path: Path) -> None:
    """A stand-in for `aplay` that never ends by itself, and somebody at the exit button."""
    player = tmp_path / "bin" / "aplay"
    player.parent.mkdir()
    pid_file = tmp_path / "player"
    player.write_text(
        f'#!/bin/sh\ncase "$*" in */dev/null) exit 0;; esac\necho $$ > {pid_file}.new\n'
        f"mv {pid_file}.new {pid_file}\nexec sleep 60\n"
    )
    player.chmod(0o755)
    config = configure(
        tmp_path, speaker='driver = "aplay"\nlanguages = ["en"]', door='driver = "simulated"\nexit_every_s = 1.0'
    )
    with running(config, PATH=f"{player.parent}:{os.environ['PATH']}") as daemon:
        daemon.wait("ready after")
        until = time.monotonic() + 30.0
        while not pid_file.exists():
            assert time.monotonic() < until, f"no prompt was ever spoken:\n{daemon.log}"
            assert daemon.process.poll() is None
        daemon.wait("access.exit")
        daemon.assert_ends_well()
    speaking = Path(f"/proc/{pid_file.read_text().strip()}/cmdline")
    assert not speaking.exists() or b"sleep" not in speaking.read_bytes()


def test_a_second_signal_does_not_wait_for_the_workers(tmp_path: Path) -> None:
    with running(configure(tmp_path)) as daemon:
        daemon.wait("ready after")
        daemon.process.send_signal(signal.SIGTERM)
        code, took_s = daemon.end(signal.SIGINT)
        assert code == 0, daemon.log
        assert took_s < STOP_LIMIT_S, f"it took {took_s:.2f} s"
        assert daemon.said("ended with everything safe"), daemon.log


def test_sigusr1_shows_every_thread_and_the_daemon_goes_on(tmp_path: Path) -> None:
    with running(configure(tmp_path)) as daemon:
        daemon.wait("ready after")
        threads = len(list(Path(f"/proc/{daemon.process.pid}/task").iterdir()))
        assert threads >= 12
        daemon.process.send_signal(signal.SIGUSR1)
        daemon.wait("most recent call first", times=12)
        daemon.wait('File ".*/edge/daemon.py"')  # the main thread comes last
        for part in ("brain.py", "vision/worker.py", "camera", "store/writer.py", "uplink", "daemon.py"):
            assert daemon.said(f'File ".*{part}'), f"{part} is not among the threads:\n{daemon.log}"
        assert daemon.status()["pid"] == daemon.process.pid
        daemon.assert_ends_well()
