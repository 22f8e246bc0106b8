from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Now
from edge.errors import DataError, HardwareError
from edge.runtime import status
from edge.runtime.status import FILE, FRESH_S, StatusBoard, StatusWorker, read_status, write_status


class Bench:
    """A board with one part that the test changes, and a worker that thinks a second has passed at each step."""

    def __init__(self, folder: Path) -> None:
        self.now = Now(100.0, 1_700_000_000_000_000)
        self.part: dict[str, Any] = {"open": False, "figures": {"count": 0}}
        self.published: list[bytes] = []
        self.fed = 0
        self.alive = True
        self.board = StatusBoard(lambda: self.now, {"device": "gate-1"})
        self.board.register("door", self._door)
        self.worker = StatusWorker(self.board, folder, self.published.append, lambda: self.alive, self._feed)

    def _door(self) -> Mapping[str, Any]:
        return self.part

    def _feed(self) -> None:
        self.fed += 1

    def second(self) -> None:
        self.worker._next_s = float("-inf")
        self.worker.step()


def test_a_snapshot_has_identity_time_and_every_part(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.now = Now(103.25, 1_700_000_000_000_000, "unsynced")
    snapshot = bench.board.snapshot()
    assert snapshot["device"] == "gate-1"
    assert (snapshot["uptime_s"], snapshot["clock"]) == (3.2, "unsynced")
    assert snapshot["time"] == "2023-11-14T22:13:20.000+00:00"
    assert (snapshot["door"], snapshot["pid"]) == (bench.part, os.getpid())
    assert bench.board.latest == snapshot  # for those on other threads


def test_the_state_is_published_only_when_something_lasting_has_changed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.worker.start()
    bench.second()
    bench.part["figures"] = {"count": 1}
    bench.now = Now(101.0, 1_700_000_001_000_000)
    bench.second()
    assert len(bench.published) == 1
    bench.part["open"] = True
    bench.second()
    states = [json.loads(state) for state in bench.published]
    assert [state["door"] for state in states] == [{"open": False}, {"open": True}]
    assert not {"time", "uptime_s", "pid"} & set(states[0])


def test_between_two_seconds_nothing_is_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.worker.start()
    bench.second()
    (tmp_path / FILE).unlink()
    bench.worker.wake()  # so that the step does not wait
    bench.worker.step()
    assert not (tmp_path / FILE).exists()


def test_the_watchdog_is_fed_only_while_everybody_is_well(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.worker.start()
    bench.second()
    bench.alive = False
    bench.second()
    assert bench.fed == 1


def test_the_file_is_read_back_and_goes_with_the_worker(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "runtime")
    bench.worker.start()
    bench.second()
    assert read_status(tmp_path / "runtime")["door"] == bench.part
    bench.worker.stop()
    with pytest.raises(HardwareError, match="no daemon is running") as caught:
        read_status(tmp_path / "runtime")
    assert "edge run" in caught.value.hint


def test_a_file_that_cannot_be_written_is_said_once_and_the_rest_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "runtime").touch()  # a file where the folder should be
    bench = Bench(tmp_path / "runtime")
    bench.worker.start()
    with caplog.at_level("INFO"):
        bench.second()
        bench.second()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert (len(bench.published), bench.fed) == (1, 2)
    (tmp_path / "runtime").unlink()
    bench.second()
    assert read_status(tmp_path / "runtime")["door"] == bench.part


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "x"}', "\x00"])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(DataError, match="damaged"):
        read_status(tmp_path)


def test_the_file_of_a_dead_daemon_is_not_believed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    write_status(tmp_path / FILE, {"pid": gone.pid})
    with pytest.raises(HardwareError, match="gone"):
        read_status(tmp_path)


def test_an_old_file_of_a_living_daemon_is_not_believed(tmp_path: Path) -> None:
    write_status(tmp_path / FILE, {"pid": os.getpid()})
    old = status.time.time() - FRESH_S - 2
    os.utime(tmp_path / FILE, (old, old))
    with pytest.raises(HardwareError, match="has not written"):
        read_status(tmp_path)
