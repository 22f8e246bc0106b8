"""A camera: whether frames come as fast as configured, in what size, and not the same one again and again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from edge.config.cameras import CameraConfig, PiCamera, VideoCamera
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed, warning
from edge.local.client import RefusedError

FRAMES = 20
WATCH_S = 6.0
LEAST_RATE, POOR_RATE = 0.4, 0.75
"""Of the configured frames a second. A gate needs some five a second; half of them is felt as a slow gate."""

NAMES = {"people": Text("Camera at the gate", "门口摄像头"), "station": Text("Camera of the station", "投放站摄像头")}
NO_CAMERA = Text("this device has no such camera", "此设备没有该摄像头")
FRAMES_WORD = Text("frames", "图像")
_GOOD = Text("{fps:.1f} frames a second, {width} × {height}", "每秒 {fps:.1f} 帧，{width} × {height}")
NO_FRAMES = Text("the camera gives no picture", "摄像头没有图像")
CABLE = Text(
    "power off, then reseat the flat cable at both ends, contacts towards the board; rpicam-hello --list-cameras "
    "must name it; for USB: another port and cable",
    "断电后重新插好排线两端（触点朝向主板）；rpicam-hello --list-cameras 应能列出摄像头；USB 摄像头请更换接口和线缆",
)
_FROZEN = Text("every frame is the same picture", "画面静止不变")
_RESTART = Text(
    "restart the device; if it comes back, replace cable or camera", "请重启设备；若仍如此，请更换排线或摄像头"
)
_SLOW = Text("only {fps:.1f} frames a second of {wanted:g}", "每秒仅 {fps:.1f} 帧，应为 {wanted:g} 帧")
_LESS = Text(
    "set a smaller width_px and height_px or rate_fps; see whether the board is hot or busy",
    "请减小 width_px、height_px 或 rate_fps；检查主板是否过热或繁忙",
)
_SIZE = Text("the picture is {width} × {height} instead of {wanted}", "图像尺寸为 {width} × {height}，应为 {wanted}")
_SET_SIZE = Text(
    "set width_px and height_px to a mode of the camera", "请将 width_px 和 height_px 设为摄像头支持的模式"
)


@dataclass(frozen=True, slots=True)
class Frames:
    """What came in a few seconds. `different`: how many of the pictures differed from each other."""

    count: int
    different: int
    fps: float
    width: int = 0
    height: int = 0


def settings_of(bench: Bench, name: str) -> CameraConfig | None:
    """The configuration of `people` or `station`."""
    if name == "people":
        return bench.config.camera
    return bench.config.station.camera if bench.config.station else None


def measure(bench: Bench, name: str) -> Frames:
    """Look at frames until there are enough, or it took too long."""
    numbers: list[int] = []
    times: list[float] = []
    prints: set[bytes] = set()
    width = height = 0
    until_s = bench.clock() + WATCH_S
    while len(times) < FRAMES and bench.clock() < until_s and not bench.cancelled.is_set():
        try:
            shown = bench.desk.picture(name, numbers[-1] if numbers else -1)
        except RefusedError as refused:
            if refused.reason != "no_frame":
                raise
            continue
        width, height = shown.about["size_px"]
        numbers.append(int(shown.about["number"]))
        times.append(float(shown.about["mono_s"]))
        prints.add(hashlib.blake2b(shown.data, digest_size=16).digest())
    span_s = times[-1] - times[0] if len(times) > 1 else 0.0
    # By their numbers: what we were too slow to take has come all the same.
    fps = (numbers[-1] - numbers[0]) / span_s if span_s > 0 else 0.0
    return Frames(len(times), len(prints), fps, width, height)


def judge(frames: Frames, settings: CameraConfig) -> Judgement:
    figures = {"frames": frames.count, "fps": round(frames.fps, 1), "size_px": [frames.width, frames.height]}
    if frames.count < 2:
        return failed(NO_FRAMES, CABLE, **figures)
    if isinstance(settings, PiCamera | VideoCamera) and frames.different == 1:
        return failed(_FROZEN, _RESTART, **figures)  # a sensor's noise makes any two frames differ
    slow = _SLOW.fill(fps=frames.fps, wanted=settings.rate_fps)
    if frames.fps < LEAST_RATE * settings.rate_fps:
        return failed(slow, _LESS, **figures)
    if frames.fps < POOR_RATE * settings.rate_fps:
        return warning(slow, _LESS, **figures)
    if (frames.width, frames.height) != (settings.width_px, settings.height_px):
        wanted = f"{settings.width_px} × {settings.height_px}"
        return warning(_SIZE.fill(width=frames.width, height=frames.height, wanted=wanted), _SET_SIZE, **figures)
    return passed(_GOOD.fill(fps=frames.fps, width=frames.width, height=frames.height), **figures)


def titled(name: str, word: Text) -> Text:
    """Which camera, and what of it."""
    return Text(f"{NAMES[name].en}: {word.en}", f"{NAMES[name].cmn}：{word.cmn}")


class FramesCheck:
    """`camera`: `people` or `station`."""

    def __init__(self, camera: str) -> None:
        self.name = f"camera.{camera}.frames"
        self.title = titled(camera, FRAMES_WORD)
        self._camera = camera

    def missing(self, bench: Bench) -> Text | None:
        return None if settings_of(bench, self._camera) else NO_CAMERA

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: self._look(bench))

    def _look(self, bench: Bench) -> Judgement:
        settings = settings_of(bench, self._camera)
        assert settings is not None
        return judge(measure(bench, self._camera), settings)
