"""The simulated station camera does what its script says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.drivers.camera.scripted import COMES_S, ScriptedCamera, read_script
from edge.errors import DataError, HardwareError
from edge.vision.picture_file import load_picture

SCRIPT = """
[[item]]
picture = "red.png"
begins_s = 5.0
held_s = 1.0
into = [0.2, 0.8]
[[item]]
picture = "blue.png"
begins_s = 1.0
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    for name, colour in (("red.png", (250, 0, 0)), ("blue.png", (0, 0, 250))):
        Image.new("RGB", (400, 300), colour).save(tmp_path / name)
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT)
    return path


class Time:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def camera(script: Path) -> ScriptedCamera:
    made = ScriptedCamera(script, load_picture, monotonic=Time())
    made.open()
    return made


def centre(picture: np.ndarray, channel: int) -> tuple[float, float] | None:  # type: ignore[type-arg]
    """Of what shines in one colour alone, in pixels."""
    others = [other for other in range(3) if other != channel]
    rows, columns = np.nonzero((picture[..., channel] > 200) & (picture[..., others].max(axis=-1) < 60))
    return (float(columns.mean()), float(rows.mean())) if len(rows) else None


def test_items_come_are_held_and_go_where_the_script_says(camera: ScriptedCamera) -> None:
    assert camera.scene_at(0.5)[0] == ""
    name, held = camera.scene_at(1.0 + COMES_S + 1.0)
    assert name == "blue.png"
    x, y = centre(held, 2) or (0.0, 0.0)
    assert (abs(x - 320) < 4, abs(y - 0.42 * 480) < 4) == (True, True)
    name, going = camera.scene_at(5.0 + COMES_S + 1.0 + 0.55)
    x, y = centre(going, 0) or (0.0, 0.0)
    assert name == "red.png"
    assert (x < 200, y > 340) == (True, True)
    assert camera.scene_at(60.0)[0] == ""


def test_a_held_item_trembles_and_the_wall_does_not(camera: ScriptedCamera) -> None:
    first, second = (camera.scene_at(1.0 + COMES_S + late)[1] for late in (0.2, 0.32))
    assert (first != second).any()
    assert (camera.scene_at(0.1)[1] == camera.scene_at(0.9)[1]).all()


def test_frames_carry_the_items_name_and_noise(script: Path) -> None:
    time = Time()
    camera = ScriptedCamera(script, load_picture, monotonic=time)
    camera.open()
    time.now_s += 2.0
    first, second = camera.read(0.0), camera.read(0.0)
    assert first is not None
    assert second is not None
    assert (first.name, first.number, second.number) == ("blue.png", 0, 1)
    assert first.picture.shape == (480, 640, 3)
    assert (first.picture != second.picture).any()
    camera.close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[item", "no TOML"),
        ("", "'item' is missing"),
        ('[[item]]\npicture = "red.png"\n', "'begins_s' is missing"),
        ('[[item]]\npicture = "red.png"\nbegins_s = 1.0\ninto = [0.5]\n', "two fractions"),
        ('[[item]]\npicture = "red.png"\nbegins_s = 1.0\ninto = [0.5, 7.0]\n', "out of bounds"),
    ],
)
def test_a_script_that_does_not_hold(script: Path, text: str, told: str) -> None:
    script.write_text(text)
    with pytest.raises(DataError, match=told):
        read_script(script)
    with pytest.raises(HardwareError, match=told):
        ScriptedCamera(script, load_picture).open()


def test_a_picture_that_is_missing_is_a_fault_of_the_camera(script: Path) -> None:
    (script.parent / "red.png").unlink()
    with pytest.raises(HardwareError, match=r"red\.png"):
        ScriptedCamera(script, load_picture).open()
