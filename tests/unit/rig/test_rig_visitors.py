"""The simulated gate camera shows who its script says, and nothing that it cannot show."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from rig_samples import PORTRAITS

from edge.config import load_config
from edge.config.cameras import VisitorsCamera as VisitorsSettings
from edge.errors import DataError, HardwareError
from edge.events import Gesture
from edge.parts.camera import make_camera
from edge.rig.camera import VisitorsCamera
from edge.rig.hearing import Hearing
from edge.rig.portrait import Fit
from edge.rig.visitors import read_visitors
from edge.vision.faces import FaceFinder
from edge.vision.picture_file import load_picture

SCRIPT = """
[[visitor]]
picture = "pass.png"
begins_s = 9.0
stays_s = 3.0
kind = "pass"
[[visitor]]
picture = "obama.jpg"
begins_s = 1.0
stays_s = 6.0
answers = true
gestures = [{ at_s = 3.0, does = "turn_left" }]
"""


class Time:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def script(tmp_path: Path) -> Path:
    shutil.copy(PORTRAITS / "obama.jpg", tmp_path)
    squares = np.kron(np.random.default_rng(0).integers(0, 2, (25, 25)), np.ones((8, 8))).astype(np.uint8) * 255
    cv2.imwrite(str(tmp_path / "pass.png"), squares)
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT)
    return path


def camera(script: Path, fit: Fit, monotonic: Time | None = None) -> VisitorsCamera:
    spoken = script.parent / "spoken.jsonl"
    return VisitorsCamera(script, load_picture, lambda: fit, hears=spoken, monotonic=monotonic or Time())


def test_people_come_in_their_order_and_go(script: Path, fit: Fit, finder: FaceFinder) -> None:
    assert [visitor.picture for visitor in read_visitors(script)] == ["obama.jpg", "pass.png"]
    made = camera(script, fit)
    made.open()
    empty = [made.scene_at(at_s) for at_s in (0.5, 7.5, 13.0)]
    assert [name for name, _ in empty] == ["", "", ""]
    assert not any(finder.find(picture) for _, picture in empty)
    name, picture = made.scene_at(3.0)
    found = finder.find(picture)
    assert name == "obama.jpg"
    assert found
    source = finder.find(load_picture(PORTRAITS / "obama.jpg"))[0]
    assert float(finder.embed(found[0]) @ finder.embed(source)) > 0.9
    name, held = made.scene_at(10.5)
    assert name == "pass.png"
    assert not finder.find(held)
    assert np.abs(held.astype(int) - empty[0][1]).max(axis=2).mean() > 20  # it fills a good part of the view


def test_gestures_come_when_the_script_says_and_when_the_voice_has_asked(
    script: Path, fit: Fit, finder: FaceFinder
) -> None:
    made = camera(script, fit)
    spoken = script.parent / "spoken.jsonl"
    spoken.write_text(json.dumps({"phrase": "turn_right", "mono_s": 100.0, "duration_s": 0.5}) + "\n")  # to others
    made.open()

    def yaw(at_s: float) -> float:
        return finder.find(made.scene_at(at_s)[1])[0].quality.figures.pose.yaw

    at_rest = yaw(3.0)
    assert yaw(4.75) > at_rest + 15.0
    with spoken.open("a") as lines:
        for begins_s in (102.0, 102.9):  # in two languages
            lines.write(json.dumps({"phrase": "please_turn_right", "mono_s": begins_s, "duration_s": 0.8}) + "\n")
        lines.write("no line of the loudspeaker\n")
    assert yaw(3.9) < at_rest - 15.0
    assert abs(yaw(5.8) - at_rest) < 8.0


def test_hearing_reads_only_whole_new_lines(tmp_path: Path) -> None:
    file = tmp_path / "spoken.jsonl"
    hearing = Hearing(file)
    hearing.skip()
    assert hearing.asked() == []
    line = json.dumps({"phrase": "please_blink", "mono_s": 5.0, "duration_s": 1.5})
    file.write_text(line)
    assert hearing.asked() == []
    file.write_text(line + "\n" + json.dumps({"phrase": "granted", "mono_s": 8.0, "duration_s": 1.0}) + "\n[]\n")
    assert hearing.asked() == [(6.5, Gesture.BLINK)]
    assert hearing.asked() == []


def test_frames_are_numbered_and_timed(script: Path, fit: Fit) -> None:
    time = Time()
    made = camera(script, fit, time)
    with pytest.raises(HardwareError, match="not open"):
        made.read(0.0)
    made.open()
    time.now_s += 3.0
    first, second = made.read(0.0), made.read(0.0)
    assert first is not None
    assert second is not None
    assert (first.name, first.number, second.number, first.mono_s) == ("obama.jpg", 0, 1, 103.0)
    assert first.picture.shape == (480, 640, 3)
    made.close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[visitor", "no TOML"),
        ("", "'visitor' is missing"),
        ('[[visitor]]\npicture = "obama.jpg"\n', "'begins_s' is missing"),
        ('[[visitor]]\npicture = "obama.jpg"\nbegins_s = 1.0\nkind = "mask"\n', "'mask' is not one of"),
        ('[[visitor]]\npicture = "obama.jpg"\nbegins_s = 1.0\nkind = "print"\nanswers = true\n', "only somebody alive"),
        (
            '[[visitor]]\npicture = "obama.jpg"\nbegins_s = 1.0\nkind = "print"\n'
            'gestures = [{ at_s = 1.0, does = "blink" }]\n',
            "makes no gestures",
        ),
        (
            '[[visitor]]\npicture = "obama.jpg"\nbegins_s = 1.0\ngestures = [{ at_s = 1.0, does = "dance" }]\n',
            "'dance' is not one of",
        ),
        ('[[visitor]]\npicture = "obama.jpg"\nbegins_s = -1.0\n', "out of bounds"),
    ],
)
def test_a_script_that_does_not_hold(script: Path, fit: Fit, text: str, told: str) -> None:
    script.write_text(text)
    with pytest.raises(DataError, match=told):
        read_visitors(script)
    with pytest.raises(HardwareError, match=told):
        camera(script, fit).open()


def test_a_picture_that_is_missing_or_shows_nobody_is_a_fault_of_the_camera(script: Path, fit: Fit) -> None:
    cv2.imwrite(str(script.parent / "obama.jpg"), np.full((300, 300, 3), 90, np.uint8))
    with pytest.raises(HardwareError, match=r"obama\.jpg: there is no face"):
        camera(script, fit).open()
    (script.parent / "obama.jpg").unlink()
    with pytest.raises(HardwareError, match=r"obama\.jpg"):
        camera(script, fit).open()
    script.unlink()
    with pytest.raises(HardwareError, match="cannot be read"):
        camera(script, fit).open()


def test_the_configured_camera_is_this_one(script: Path) -> None:
    config = script.parent / "edge.toml"
    config.write_text(
        '[device]\nid = "gate"\nsite = "test"\n'
        '[camera]\ndriver = "visitors"\npath = "script.toml"\nhears = "spoken.jsonl"\n'
        '[door]\ndriver = "simulated"\n[speaker]\ndriver = "simulated"\n'
        '[store]\nstate_dir = "state"\nruntime_dir = "runtime"\n[uplink]\nhost = "localhost"\ntls = false\n'
    )
    settings = load_config(config).camera
    assert isinstance(settings, VisitorsSettings)
    assert (settings.path, settings.hears) == (script, script.parent / "spoken.jsonl")
    made = make_camera(settings)
    made.open()
    frame = made.read(1.0)
    made.close()
    assert frame is not None
    assert frame.picture.shape == (480, 640, 3)


def test_in_infrared_a_screen_is_dark_and_somebody_alive_is_not(tmp_path: Path, fit: Fit, finder: FaceFinder) -> None:
    """Both cameras see the same visitors at the same places."""
    shutil.copy(PORTRAITS / "obama.jpg", tmp_path)
    script = tmp_path / "script.toml"
    one = '[[visitor]]\npicture = "obama.jpg"\nbegins_s = {}\nstays_s = 5.0\nkind = "{}"\n'
    script.write_text(one.format(1.0, "live") + one.format(8.0, "replay"))
    cameras = [VisitorsCamera(script, load_picture, lambda: fit, infrared=dark) for dark in (False, True)]
    for made in cameras:
        made.open()
    alive, alive_in_infrared = (made.scene_at(3.5)[1] for made in cameras)
    assert (alive_in_infrared[..., 0] == alive_in_infrared[..., 2]).all()
    places = [finder.find(picture)[0].box.centre for picture in (alive, alive_in_infrared)]
    assert places[0] == pytest.approx(places[1], abs=12.0)
    film, film_in_infrared = (made.scene_at(10.5)[1] for made in cameras)
    assert finder.find(film)
    assert not finder.find(film_in_infrared)
