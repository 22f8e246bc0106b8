"""A webcam that stops, blocks for ever, or sends garbage: the daemon lives on, and sees again once the webcam does.

The driver is the real one; only OpenCV's capture is replaced.
"""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.app import Device
from edge.config import load_config
from edge.device import sight
from edge.drivers.door.simulated import SimulatedDoorPort
from edge.runtime.status import read_status
from edge.runtime.supervisor import Spec
from edge.store.history import History
from edge.store.reader import EventReader
from edge.store.schema import EVENTS_NAME
from tests.scenario.rig import configure, perform, until

GOOD = np.full((480, 640, 3), 90, np.uint8)
GARBAGE = {
    "tiny": np.zeros((3, 5, 3), np.uint8),
    "huge": np.zeros((5000, 64, 3), np.uint8),
    "no picture at all": np.zeros(0, np.uint8),
    "grey": np.zeros((480, 640), np.uint8),
    "four channels": np.zeros((480, 640, 4), np.uint8),
    "floats": np.zeros((480, 640, 3), np.float64),
    "nothing": None,
}


class Webcam:
    """What cv2.VideoCapture makes, as the test has it behave at this moment.

    `gives`: the next picture; `blocks`: how many of the next reads never return.
    """

    def __init__(self) -> None:
        self.gives: Any = GOOD
        self.there = True
        self.blocks = 0
        self.let_go = threading.Event()
        self.opened = 0
        self._pace = threading.Event()

    def __call__(self, _path: str, _backend: int) -> Webcam:
        self.opened += 1
        return self

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, _name: int, _value: float) -> None: ...

    def read(self) -> tuple[bool, Any]:
        if self.blocks:
            self.blocks -= 1
            self.let_go.wait(60.0)
        self._pace.wait(0.05)
        return self.there, self.gives

    def release(self) -> None: ...


@pytest.fixture
def webcam(monkeypatch: pytest.MonkeyPatch) -> Webcam:
    made = Webcam()
    monkeypatch.setattr(cv2, "VideoCapture", made)
    return made


@pytest.fixture
def device(tmp_path: Path, webcam: Webcam, monkeypatch: pytest.MonkeyPatch) -> Device:  # noqa: ARG001 - it comes first
    def impatient(name: str, make: Any, hang_after_s: float = 5.0) -> Spec:
        return Spec(name, make, 0.5 if name == "camera" else hang_after_s)

    monkeypatch.setattr(sight, "Spec", impatient)
    return Device(load_config(configure(tmp_path, camera='driver = "video"\npath = "/dev/null"')))


def status(device: Device) -> dict[str, Any]:
    return read_status(device.config.store.runtime_dir)


def relay_is_off(device: Device) -> bool:
    assert isinstance(device.door, SimulatedDoorPort)
    return not device.door.relay_energised()


def told(device: Device) -> list[tuple[str, str]]:
    """(type, subject) of every stored event about a part of the device."""
    with closing(EventReader(device.config.store.state_dir / EVENTS_NAME)) as reader:
        return [(event.type, event.subject) for event in History(reader).export() if event.subject]


def sees(device: Device) -> bool:
    return bool(status(device)["camera"]["working"]) and not device.faults.present()


def test_a_webcam_that_sends_garbage(device: Device, webcam: Webcam) -> None:
    def act(device: Device) -> None:
        for number, (what, garbage) in enumerate(GARBAGE.items(), start=1):
            webcam.gives = garbage
            until(lambda: "camera" in device.faults.present())
            assert "the camera gave" in device.faults.present()["camera"], what
            if number == 1:
                until(lambda: "camera" in status(device)["faults"])
            assert relay_is_off(device)
            webcam.gives = GOOD
            until(lambda: not device.faults.present())
        until(lambda: sees(device))

    assert perform(device, act) == 0
    assert told(device) == [("sensor.fault", "camera"), ("sensor.recovered", "camera")] * len(GARBAGE)
    assert device.supervisor.replaced == 0


def test_a_webcam_that_stops(device: Device, webcam: Webcam) -> None:
    def act(device: Device) -> None:
        webcam.there = False
        until(lambda: "camera" in status(device)["faults"])
        assert "gives no pictures (unplugged" in status(device)["faults"]["camera"]
        assert relay_is_off(device)
        webcam.there = True
        until(lambda: sees(device))

    assert perform(device, act) == 0
    assert told(device) == [("sensor.fault", "camera"), ("sensor.recovered", "camera")]
    assert webcam.opened >= 2


def test_a_webcam_that_blocks_for_ever(device: Device, webcam: Webcam) -> None:
    def act(device: Device) -> None:
        before = device.sight.camera.now
        webcam.blocks = 1
        until(lambda: device.sight.camera.now is not before)
        assert status(device)["device"] == "gate-1"
        assert relay_is_off(device)
        until(lambda: device.sight.camera.now.frames > 0 and device.supervisor.healthy())
        webcam.let_go.set()

    assert perform(device, act) == 0
    assert told(device) == [("sensor.fault", "camera"), ("sensor.recovered", "camera")]
    assert device.supervisor.replaced == 1


def test_a_webcam_that_blocks_for_ever_and_ever_ends_the_process_with_the_door_shut(
    device: Device, webcam: Webcam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.runtime.supervisor.BACK_OFF_S", (0.0,) * 5)
    drives: list[bool] = []
    drive = device.door.drive_relay

    def noted(*, on: bool) -> None:
        drives.append(on)
        drive(on=on)

    monkeypatch.setattr(device.door, "drive_relay", noted)

    def act(device: Device) -> None:
        webcam.blocks = 1000
        until(lambda: bool(device.supervisor.fatal))

    assert perform(device, act) == 3
    webcam.let_go.set()
    assert "camera hung 6 times" in device.supervisor.fatal
    assert drives
    assert not any(drives)
    assert told(device)[-1] == ("sensor.fault", "camera")  # the last one, which is the fatal one
    assert device.brain.now.state.stopping
