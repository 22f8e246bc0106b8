"""Enrolment at a camera asks for what the gate asks for: added networks, and the second camera through the daemon."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.cli.common import State, open_state
from edge.cli.parts import PEOPLE, SECOND_CAMERA
from edge.config import load_config
from edge.config.desired import Desired
from edge.config.standing import FOLDER_NAME, Standing, write_standing
from edge.drivers.camera import Picture
from edge.errors import DataError, HardwareError
from edge.local import wire
from edge.local.worker import LocalWorker
from edge.people.eyes import Eyes
from edge.vision.liveness.judge import Liveness
from edge.vision.liveness.second import Second
from edge.vision.recognition import Recognition

GATE = """
[device]
id = "edge-1"
site = "riverside"
roles = ["gate"]
[camera]
driver = "folder"
path = "."
[door]
driver = "simulated"
[speaker]
driver = "silent"
[store]
state_dir = "state"
runtime_dir = "runtime"
[uplink]
host = "127.0.0.1"
tls = false
"""
INFRARED = """
[second_camera]
driver = "folder"
path = "."
[liveness]
infrared = true
"""


class Daemon:
    """Behind the desk: a second camera whose newest picture is `level` throughout, or none where that is None."""

    def __init__(self) -> None:
        self.level: int | None = 90
        self.number = 0

    def serve(self, request: Mapping[str, Any], _uid: int) -> tuple[dict[str, Any], bytes]:
        if request["op"] == "service":
            return {"ok": True}, b""
        assert (request["op"], request["camera"]) == ("picture", SECOND_CAMERA)
        if self.level is None:
            return {"ok": False, "error": "no_frame", "message": "the camera gives no picture"}, b""
        self.number += 1
        told = {"ok": True, "size_px": [64, 64], "mono_s": time.monotonic(), "number": self.number}
        return told, bytes([self.level]) * (64 * 64 * 3)

    def tidy(self) -> None:
        """Nothing is kept."""


@contextmanager
def running(folder: Path) -> Iterator[Daemon]:
    folder.mkdir(exist_ok=True)
    daemon = Daemon()
    worker = LocalWorker(folder, daemon, lambda *_fault: None, lambda _name: None)
    worker.start()
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            worker.step()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield daemon
    finally:
        ended.set()
        worker.wake()
        thread.join(20.0)
        worker.stop()


def device(tmp_path: Path, *tables: str) -> State:
    (tmp_path / "edge.toml").write_text("".join((GATE, *tables)))
    return State(tmp_path / "state", load_config(tmp_path / "edge.toml"))


@pytest.fixture(autouse=True)
def _unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that find nobody and are not loaded."""
    monkeypatch.setattr(Recognition, "open", lambda _self: SimpleNamespace(find=lambda _picture: []))


def watched(state: State) -> Liveness:
    describer, _ = PEOPLE.open_describer(state)
    assert isinstance(describer, Eyes)
    return describer.watch()._liveness


def names(liveness: Liveness) -> list[str]:
    return [cue.name for cue in liveness._cues]


COMMON = ["geometry", "surroundings", "border", "surface", "life"]


def test_a_device_without_either_asks_for_neither(tmp_path: Path) -> None:
    assert names(watched(device(tmp_path))) == COMMON
    assert names(watched(State(tmp_path, None))) == COMMON


def test_an_added_network_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recognition, "open_critics", lambda _self: ("a network",))
    assert names(watched(device(tmp_path))) == [*COMMON, "network"]


def test_an_added_network_that_is_damaged_lets_nobody_be_enrolled_at_the_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_self: Recognition) -> tuple[()]:
        raise DataError("minifasnet-near is damaged", hint="add it again")

    monkeypatch.setattr(Recognition, "open_critics", damaged)
    describer, _ = PEOPLE.open_describer(device(tmp_path))  # from pictures it goes on
    with pytest.raises(DataError, match="minifasnet-near"):
        describer.watch()


def test_the_second_camera_is_asked_through_the_daemon(tmp_path: Path) -> None:
    state = device(tmp_path, INFRARED)
    with running(tmp_path / "runtime") as daemon:
        liveness = watched(state)
        assert names(liveness) == [*COMMON, "second"]
        cue = liveness._cues[-1]
        assert isinstance(cue, Second)
        assert cue._camera._infrared
        face: Any = SimpleNamespace()
        shown: list[int] = []

        def find(picture: Picture) -> list[Any]:
            shown.append(int(picture.max()))
            return []

        asked = daemon.number
        assert cue._camera.agrees(face, time.monotonic(), find) is False
        assert (daemon.number, shown) == (asked + 1, [90])
        daemon.level = None
        assert cue._camera.agrees(face, time.monotonic(), lambda _: []) is None


def test_a_second_camera_that_the_office_has_set_is_one(tmp_path: Path) -> None:
    device(tmp_path)
    (tmp_path / "state" / FOLDER_NAME).mkdir(parents=True)
    tables = {"second_camera": {"driver": "folder", "path": str(tmp_path)}, "liveness": {"infrared": True}}
    write_standing(tmp_path / "state" / FOLDER_NAME, Standing(seen=1, confirmed=Desired(1, tables)))
    state = open_state(argparse.Namespace(config=tmp_path / "edge.toml", state=None))
    with running(tmp_path / "runtime"):
        cue = watched(state)._cues[-1]
        assert isinstance(cue, Second)
        assert cue._camera._infrared


def test_without_the_daemon_or_its_picture_nobody_is_enrolled_at_the_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = device(tmp_path, INFRARED)
    describer, _ = PEOPLE.open_describer(state)
    with pytest.raises(HardwareError, match="only the running daemon looks through it") as refused:
        describer.watch()
    assert "from pictures" in refused.value.hint
    monkeypatch.setattr("edge.cli.parts._FIRST_S", 0.1)
    with running(tmp_path / "runtime") as daemon:
        assert (tmp_path / "runtime" / wire.SOCKET).exists()
        daemon.level = None
        with pytest.raises(HardwareError, match="gives no picture"):
            describer.watch()
