"""What a camera's picture is like: sharp, neither too dark nor too bright, and lit in the dark by an infrared lamp.

Sharpness is the variance of the Laplacian (Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000) of
the middle of the picture at 640 pixels' width. An even wall has none either, so a poor one is a warning, and the remedy
says what to hold before the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge.config.cameras import PiCamera, VideoCamera
from edge.drivers.camera import Picture
from edge.errors import HardwareError
from edge.install.doctor.bench import Bench
from edge.install.doctor.camera import CABLE, NO_CAMERA, NO_FRAMES, settings_of, titled
from edge.install.doctor.checks import NO, READY, YES, Judgement, Steps, Text, at_once, failed, passed, skipped, warning
from edge.local.camera import DeskCamera

WIDTH_PX = 640
SHARP = 20.0
"""Pictures of the demonstration have 60 to 600 there, and 2 to 8 after a blur of 3 pixels (Gaussian)."""
DARK, BRIGHT = 35.0, 220.0
CLIPPED = 0.25
LIT = 40.0
COLOURLESS = 6.0
_READ_S = 3.0
_CLIP = 250

_WORD = Text("focus and exposure", "对焦与曝光")
_GOOD = Text("sharp, and well exposed", "清晰，曝光正常")
_BLURRED = Text("the picture is not sharp (or shows an even wall)", "图像不清晰（或画面为纯色墙面）")
_FOCUS = Text(
    "take the protecting film off and clean the glass; hold a printed page where people will stand, "
    "and turn the lens until it is sharp",
    "撕去保护膜并清洁玻璃；在人员站立处举一张印刷品，旋转镜头直至清晰",
)
_IS_DARK = Text("the picture is too dark (mean {luma:.0f} of 255)", "图像过暗（平均亮度 {luma:.0f}/255）")
_LIGHT = Text(
    "add light from the front, or an infrared lamp; is the lens cap on?", "请增加正面照明或红外灯；镜头盖是否取下？"
)
_IS_BRIGHT = Text("the picture is too bright, or a quarter of it is white", "图像过亮，或四分之一区域过曝")
_TURN = Text("turn it away from the sky and from lamps, or put a roof over it", "请避开天空和灯光，或加装遮阳罩")


@dataclass(frozen=True, slots=True)
class Look:
    """`sharpness` as above; `luma`: the mean, of 255; `clipped`: share of white pixels; `colour`: mean difference of a
    pixel's channels, of 255, which is near 0 under infrared light alone.
    """

    sharpness: float
    luma: float
    clipped: float
    colour: float


def measure(picture: Picture) -> Look:
    """Of an RGB picture."""
    height, width = picture.shape[:2]
    size = (WIDTH_PX, max(1, round(height * WIDTH_PX / width)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    top, left = grey.shape[0] // 4, grey.shape[1] // 4
    middle = grey[top:-top, left:-left]
    channels = small.astype(np.int16)
    return Look(
        sharpness=float(cv2.Laplacian(middle, cv2.CV_64F).var()),
        luma=float(grey.mean()),
        clipped=float((grey >= _CLIP).mean()),
        colour=float((channels.max(axis=2) - channels.min(axis=2)).mean()),
    )


def take(bench: Bench, name: str) -> Look:
    """Of the camera's next frame. Raises HardwareError when none comes."""
    frame = DeskCamera(bench.desk, name).read(_READ_S)
    if frame is None:
        raise HardwareError(NO_FRAMES.en, hint=CABLE.en)
    return measure(frame.picture)


def judge(look: Look) -> Judgement:
    figures = {name: round(getattr(look, name), 2) for name in ("sharpness", "luma", "clipped", "colour")}
    if look.luma < DARK:
        return failed(_IS_DARK.fill(luma=look.luma), _LIGHT, **figures)
    if look.luma > BRIGHT or look.clipped > CLIPPED:
        return warning(_IS_BRIGHT, _TURN, **figures)
    if look.sharpness < SHARP:
        return warning(_BLURRED, _FOCUS, **figures)
    return passed(_GOOD, **figures)


class PictureCheck:
    """`camera`: `people` or `station`."""

    def __init__(self, camera: str) -> None:
        self.name = f"camera.{camera}.picture"
        self.title = titled(camera, _WORD)
        self._camera = camera

    def missing(self, bench: Bench) -> Text | None:
        return None if settings_of(bench, self._camera) else NO_CAMERA

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge(take(bench, self._camera)))


_INFRARED = Text("infrared", "红外")
_SIMULATED = Text("only a real camera can have an infrared lamp", "仅实体摄像头可配红外灯")
_HAS_ONE = Text("Is there an infrared lamp at this camera?", "此摄像头是否配有红外灯？")
_NO_LAMP = Text("there is no infrared lamp", "没有红外灯")
_MAKE_DARK = Text(
    "Make it dark: switch the lights off, or hold something dark over camera and lamp together, a forearm's length "
    "away. Then go on.",
    "请遮暗：关闭灯光，或在距摄像头和红外灯约一臂处一起遮挡。然后继续。",
)
_LIT = Text("in the dark the infrared lamp lights the picture", "黑暗中红外灯能照亮画面")
_UNLIT = Text("in the dark the picture is black (mean {luma:.0f} of 255)", "黑暗中画面全黑（平均亮度 {luma:.0f}/255）")
_LAMP = Text(
    "is the lamp on, and does the camera have no infrared filter (NoIR)? a phone's camera shows its light",
    "红外灯是否点亮？摄像头是否为无红外滤镜（NoIR）型号？可用手机摄像头观察红外灯光",
)
_NOT_DARK = Text("it was not dark: the picture still has colours", "环境仍不够暗：画面仍有颜色")
_DARKER = Text("make it darker and try again, or try in the evening", "请再遮暗后重试，或晚上再试")


def judge_infrared(look: Look) -> Judgement:
    figures = {"luma": round(look.luma, 1), "colour": round(look.colour, 1)}
    if look.luma < LIT:
        return failed(_UNLIT.fill(luma=look.luma), _LAMP, **figures)
    if look.colour > COLOURLESS:
        return warning(_NOT_DARK, _DARKER, **figures)
    return passed(_LIT, **figures)


class InfraredCheck:
    """`camera`: `people` or `station`."""

    def __init__(self, camera: str) -> None:
        self.name = f"camera.{camera}.infrared"
        self.title = titled(camera, _INFRARED)
        self._camera = camera

    def missing(self, bench: Bench) -> Text | None:
        settings = settings_of(bench, self._camera)
        if settings is None:
            return NO_CAMERA
        return None if isinstance(settings, PiCamera | VideoCamera) else _SIMULATED

    def run(self, bench: Bench) -> Steps:
        if (yield _HAS_ONE, (YES, NO)) == NO:
            return skipped(_NO_LAMP)
        yield _MAKE_DARK, (READY,)
        return judge_infrared(take(bench, self._camera))
