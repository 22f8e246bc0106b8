"""The picture of the clean station: noise and a passer-by are gone, and a picture of no use is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.__main__ import main
from edge.cli.station import frames_of
from edge.drivers.camera import Frame
from edge.errors import DataError
from edge.vision.picture_file import load_picture
from edge.vision.reference import as_png, clean_picture
from tests.unit.vision.station_scenes import BOX, CAN, WALL, paste, photographed, wall

CONFIG = """
[device]
id = "station"
site = "demo"
timezone = "Asia/Shanghai"
roles = ["bin"]
[station.camera]
driver = "script"
path = "script.toml"
rate_fps = 20.0
[bins.one]
category = "other"
[speaker]
driver = "silent"
[store]
state_dir = "state"
runtime_dir = "runtime"
[uplink]
host = "127.0.0.1"
port = 1883
tls = false
"""


def test_noise_and_a_passer_by_are_gone() -> None:
    frames = [photographed(paste(wall(0.0), CAN, 0.1 * number, 0.5), number) for number in range(9)]
    clean = clean_picture(frames)
    assert float(np.abs(clean.astype(np.float32) - WALL).mean()) < 1.5
    assert (load_picture(as_png(clean)) == clean).all()


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ([photographed(wall(0.0), 0)] * 2, "are needed"),
        ([photographed(wall(0.0) * 0.1, number) for number in range(6)], "dark"),
        (
            [photographed(paste(wall(0.0), np.tile(BOX, (2, 2, 1)), 0.1 * number, 0.5), 0) for number in range(9)],
            "moves",
        ),
        ([photographed(wall(0.0), 0)] * 5 + [photographed(wall(0.0), 0)[:400]], "differ in size"),
    ],
)
def test_a_picture_of_no_use_is_refused(frames: list[NDArray[np.uint8]], why: str) -> None:
    with pytest.raises(DataError, match=why):
        clean_picture(frames)


class SlowCamera:
    """One frame every 10 ms of a clock that only it moves."""

    now_s = 0.0
    closed = False

    def open(self) -> None:
        self.now_s = 0.0

    def read(self, timeout_s: float) -> Frame | None:
        assert timeout_s > 0.0
        self.now_s += 0.01
        return Frame(photographed(wall(0.0), 0), self.now_s, 0)

    def close(self) -> None:
        self.closed = True


def test_a_few_frames_are_taken_evenly_and_the_camera_is_given_back() -> None:
    camera = SlowCamera()
    assert len(frames_of(camera, 1.0, lambda: camera.now_s)) == 31
    assert camera.closed


def test_the_command_writes_a_new_file_and_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "script.toml").write_text("item = []\n")
    config, out = tmp_path / "station.toml", tmp_path / "clean.png"
    config.write_text(CONFIG)
    command = ["station", "reference", "--config", str(config), "--out", str(out), "--seconds", "1", "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(out), "size_px": [640, 480]}
    assert load_picture(out).shape == (480, 640, 3)
    assert main(command) == 2
    without = CONFIG[: CONFIG.index("[station.camera]")] + "[station]\n" + CONFIG[CONFIG.index("[bins.one]") :]
    config.write_text(without)
    capsys.readouterr()
    assert main(command) == 2
    assert "there is no [station.camera]" in capsys.readouterr().err
