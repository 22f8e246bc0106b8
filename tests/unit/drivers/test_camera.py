from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.drivers.camera import Camera, Frame, Picture, checked, pi_exposure
from edge.drivers.camera.folder import FolderCamera
from edge.drivers.camera.pi import PiCamera
from edge.drivers.camera.video import VideoCamera
from edge.drivers.camera.worker import STALLED_S, CameraWorker
from edge.errors import DataError, HardwareError
from edge.events import ComponentFailed, ComponentRecovered, Event
from edge.runtime.faults import FaultDesk
from edge.runtime.mailbox import LatestSlot


def decode(path: Path) -> Picture:
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, colour, size in (("a.jpg", (200, 30, 30), (300, 900)), ("b.png", (30, 30, 200), (900, 300))):
        Image.new("RGB", size, colour).save(tmp_path / name)
    return tmp_path


def test_the_folder_is_shown_picture_by_picture_with_an_empty_scene_between(folder: Path) -> None:
    camera = FolderCamera(folder, decode, rate_fps=60.0, show_s=0.05, repeat=False)
    camera.open()
    names = [scene[0] for number in range(10_000) if (scene := camera.scene_at(number)) is not None]
    assert [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name] == [
        "",
        "a.jpg",
        "",
        "b.png",
    ]
    frame = camera.read(1.0)
    assert frame is not None
    assert frame.picture.shape == (480, 640, 3)
    second = camera.read(1.0)
    assert second is not None
    assert second.mono_s > frame.mono_s
    assert not np.array_equal(frame.picture, second.picture)  # a living picture is never frozen
    camera.close()


@pytest.mark.parametrize("size", [(160, 120), (961, 721)])
def test_two_frames_of_one_scene_differ_by_the_noise_of_both(folder: Path, size: tuple[int, int]) -> None:
    width, height = size
    camera = FolderCamera(folder, decode, width_px=width, height_px=height, rate_fps=60.0)
    camera.open()
    frames = [camera.read(1.0) for _ in range(3)]
    camera.close()
    pictures = [frame.picture.astype(np.float32) for frame in frames if frame is not None]
    assert [picture.shape for picture in pictures] == [(height, width, 3)] * 3
    for one, other in pairwise(pictures):
        assert float((one - other).std()) == pytest.approx(2.5 * 2**0.5, rel=0.1)


def test_an_empty_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="no pictures"):
        FolderCamera(tmp_path, decode).open()


def test_a_video_file_plays_in_rgb_and_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 200.0, (320, 240))
    for _ in range(3):
        writer.write(np.full((240, 320, 3), (200, 20, 20), np.uint8))  # blue, in OpenCV's order
    writer.release()
    camera = VideoCamera(path, rate_fps=60.0)
    camera.open()
    frames = [camera.read(1.0) for _ in range(7)]
    camera.close()
    assert all(frame is not None for frame in frames)
    first = frames[0]
    assert first is not None
    assert first.picture[100, 100, 2] > 150 > first.picture[100, 100, 0]
    assert [frame.number for frame in frames if frame] == list(range(7))


def test_what_is_no_video_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="no camera or video"):
        VideoCamera(tmp_path / "absent.mp4").open()
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(HardwareError, match="cannot be opened"):
        VideoCamera(tmp_path / "text.mp4").open()


def test_without_picamera2_the_hint_says_what_to_install() -> None:
    try:
        import picamera2  # noqa: F401
    except ImportError:
        with pytest.raises(HardwareError, match="python3-picamera2"):
            PiCamera().open()
    else:
        pytest.skip("picamera2 is installed here")


SHIPPED = {"shutter": [100, 20_000], "gain": [1.0, 16.0]}
MODES = {"exposure_modes": {"normal": SHIPPED, "short": SHIPPED}}


def tuning(agc: object, target: str = "bcm2835") -> dict[str, Any]:
    return {"version": 2.0, "target": target, "algorithms": [{"rpi.lux": {}}, {"rpi.agc": agc}]}


class Picamera2:
    """What PiCamera asks of picamera2, and with which tuning."""

    platform: ClassVar[Any] = SimpleNamespace(name="VC4")
    asked: ClassVar[list[dict[str, Any]]]
    tunings: ClassVar[list[str | None]]
    controls: ClassVar[tuple[str, ...]]
    FILES: ClassVar[dict[str, dict[str, Any]]] = {
        "imx708.json": tuning({"channels": [MODES, MODES]}),
        "imx219.json": tuning({"channels": [MODES]}),
        "old.json": tuning(MODES),
        "odd.json": tuning([1, 2]),
        "none.json": {"version": 2.0, "target": "bcm2835", "algorithms": [{"rpi.lux": {}}]},
        "five.json": tuning({"channels": [MODES]}, "pisp"),
    }

    @classmethod
    def load_tuning_file(cls, name: str) -> dict[str, Any]:
        if name not in cls.FILES:
            raise RuntimeError("Tuning file not found")
        return copy.deepcopy(cls.FILES[name])

    @staticmethod
    def find_tuning_algo(tuning: dict[str, Any], name: str) -> Any:
        return next(one for one in tuning["algorithms"] if name in one)[name]

    def __init__(self, _number: int, *, tuning: str | None) -> None:
        self.tunings.append(tuning)
        self.sensor_resolution = (3280, 2464)
        self.camera_controls = dict.fromkeys(self.controls)

    def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
        return wanted

    def configure(self, wanted: dict[str, Any]) -> None:
        self.asked.append(wanted)

    def start(self) -> None: ...

    def close(self) -> None: ...


class Attached:
    """The kernel's parts of cameras, and a picamera2 in whose own process a file is tried out."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        Picamera2.asked, Picamera2.tunings = [], []
        Picamera2.controls = ("FrameDurationLimits", "AeExposureMode")
        monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=Picamera2))
        self.sensors = folder / "video4linux"
        self.trial = folder / "site" / "picamera2.py"
        self.trial.parent.mkdir()
        monkeypatch.setenv("PYTHONPATH", str(self.trial.parent))
        monkeypatch.setattr(pi_exposure, "SENSORS", self.sensors)
        pi_exposure._tried.cache_clear()

    def attach(self, *names: str) -> None:
        for number, name in enumerate(("rp1-cfe-csi2", *names)):
            part = self.sensors / f"v4l-subdev{number}"
            part.mkdir(parents=True)
            (part / "name").write_text(f"{name} 10-001a\n")

    def tries(self, body: str) -> None:
        """What a camera does that is opened with a file."""
        init = f"    def __init__(self, number, tuning):\n        {body}\n"
        self.trial.write_text(f"class Picamera2:\n{init}    def close(self): pass\n")


@pytest.fixture
def attached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attached:
    return Attached(tmp_path, monkeypatch)


@pytest.mark.parametrize("advertised", [True, False])
def test_a_pi_camera_is_asked_for_its_whole_view_and_for_short_exposures_where_it_knows_them(
    advertised: bool, attached: Attached
) -> None:
    if not advertised:
        Picamera2.controls = ("FrameDurationLimits",)
    camera = PiCamera(rate_fps=20.0)
    camera.open()
    camera.close()
    limits = {"FrameDurationLimits": (50_000, 50_000)}
    assert [(one["main"]["size"], one["raw"]) for one in Picamera2.asked] == [((960, 720), {"size": (1640, 1232)})]
    assert [one["controls"] for one in Picamera2.asked] == [limits | ({"AeExposureMode": 1} if advertised else {})]
    assert attached.sensors.exists() is False


@pytest.mark.parametrize("model", ["imx708", "old"])
def test_no_more_than_ten_milliseconds_are_exposed_for_before_the_gain_is_eight(model: str, attached: Attached) -> None:
    attached.attach(model, model)
    attached.tries("import json; assert number == 1 and json.load(open(tuning))['target'] == 'bcm2835'")
    for _ in range(2):  # opened again after a fault, with the same file
        camera = PiCamera(1)
        camera.open()
        camera.close()
    first, second = Picamera2.tunings
    assert first is not None
    assert first == second
    control = Picamera2.find_tuning_algo(json.loads(Path(first).read_text()), "rpi.agc")
    modes = [one["exposure_modes"] for one in control.get("channels", [control])]
    assert [mode["normal"] for mode in modes] == [SHIPPED] * len(modes)
    for mode in (one["short"] for one in modes):
        stages = list(zip(mode["shutter"], mode["gain"], strict=True))
        assert all(a < b for (a, _), (b, _) in pairwise(stages))
        assert all(a < b for (_, a), (_, b) in pairwise(stages))
        assert max(shutter for shutter, gain in stages if gain <= 8.0) == 10_000
        assert stages[-1] == (66_666, 16.0)  # in the dark a smeared face is better than none


@pytest.mark.parametrize("models", [["webcam"], ["odd"], ["none"], ["five"], ["imx708", "imx219"], [], [""]])
def test_a_camera_whose_exposures_cannot_be_shortened_is_left_with_its_own(
    models: list[str], attached: Attached
) -> None:
    attached.attach(*models)
    attached.tries("pass")
    PiCamera().open()
    assert Picamera2.tunings == [None]
    assert len(Picamera2.asked) == 1


@pytest.mark.parametrize("does", ["raise RuntimeError('no such tuning')", "import os; os._exit(7)"])
def test_a_camera_that_does_not_start_with_shorter_exposures_is_never_opened_with_them(
    does: str, attached: Attached, caplog: pytest.LogCaptureFixture
) -> None:
    attached.attach("imx708")
    attached.tries(does)
    PiCamera().open()
    assert Picamera2.tunings == [None]
    assert "does not start with shorter exposures" in caplog.text


@pytest.mark.parametrize(
    "array",
    [
        None,
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.float32),
        np.zeros((2, 3, 3), np.uint8),
        np.zeros((5000, 640, 3), np.uint8),
    ],
)
def test_garbage_from_a_driver_is_refused(array: Any) -> None:
    with pytest.raises(HardwareError, match="the camera gave"):
        checked(array)


class Script(Camera):
    """A camera that answers each read as the test says: a frame, None, or an exception."""

    def __init__(self, answers: list[Frame | Exception | None], opens: Exception | None = None) -> None:
        self.answers, self.opens, self.closed = answers, opens, False

    def open(self) -> None:
        if self.opens:
            raise self.opens

    def read(self, timeout_s: float) -> Frame | None:
        assert timeout_s <= 0.25
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


class Rig:
    def __init__(self, *cameras: Camera) -> None:
        self.now, self.posted = 100.0, list[Event]()
        self.slot: LatestSlot[Frame] = LatestSlot()
        queue = list(cameras)
        make: Callable[[], Camera] = lambda: queue.pop(0)  # noqa: E731
        self.worker = CameraWorker(make, self.slot, FaultDesk(self.post), lambda: self.now)

    def post(self, event: Event) -> bool:
        self.posted.append(event)
        return True

    def step(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.worker.step()


FRAME = Frame(np.zeros((480, 640, 3), np.uint8), 1.0, 0)


def test_a_stalled_camera_is_closed_told_once_and_opened_again() -> None:
    stalled, good = Script([FRAME, None, None]), Script([FRAME])
    rig = Rig(stalled, good)
    rig.step()
    rig.step()
    assert rig.slot.get(0.0) is FRAME
    rig.step(STALLED_S / 2)
    assert rig.posted == []
    rig.step(STALLED_S)
    assert isinstance(rig.posted[0], ComponentFailed)
    assert "no picture" in rig.posted[0].detail
    assert stalled.closed
    rig.step(60.0)
    rig.step()
    assert isinstance(rig.posted[1], ComponentRecovered)
    assert len(rig.posted) == 2


def test_a_missing_camera_is_tried_for_ever_and_told_once() -> None:
    gone = [Script([], HardwareError("no camera")) for _ in range(20)]
    rig = Rig(*gone, Script([], DataError("bad picture in the folder")), Script([FRAME]))
    for _ in range(23):
        rig.step(60.0)
    assert [type(event) for event in rig.posted] == [ComponentFailed, ComponentRecovered]
    rig.worker.stop()


def test_an_abandoned_run_hands_out_no_more_frames() -> None:
    rig = Rig(Script([FRAME]))
    rig.step()
    rig.worker.wake()
    rig.step()
    assert rig.slot.get(0.0) is None


def test_the_rate_shown_changes_seldom_and_the_newest_frame_is_kept() -> None:
    frames = [Frame(FRAME.picture, 1.0, number) for number in range(60)]
    rig = Rig(Script([*frames, HardwareError("gone")]))
    assert rig.worker.status() == {
        "working": False,
        "size_px": None,
        "fps": 0.0,
        "figures": {"frames": 0, "fps": 0.0},
    }
    rig.step()
    shown = []
    for number in range(60):
        rig.step(0.1 if number % 2 else 0.11)  # 9.1 to 10 a second
        if number > 40:
            shown.append(rig.worker.status()["fps"])
    assert len(set(shown)) == 1
    assert abs(shown[0] - 9.5) <= 1.5
    assert rig.worker.newest is frames[-1]
    assert rig.worker.status()["size_px"] == [640, 480]
    rig.step()
    assert rig.worker.status()["fps"] == 0.0
