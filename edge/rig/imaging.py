"""From what is before the lens to a frame: the same for living heads and for attacks, or cues would learn the rig.

Blur by lens and motion, light that flickers with the mains, exposure and white balance, a Bayer sensor with its
noise, and the compression of a webcam.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.rig.raster import Map

_TILES = 5  # of noise, drawn once and used at changing places: fresh noise would cost more than the rest
_LEAST_SMEAR_PX, _MOST_SMEAR_PX = 0.6, 36
_FOLLOWS_S = 0.7  # time constant of the automatic exposure
_AIM, _REACHES = 120.0, 0.8  # grey level of the middle of the view; the share, in stops, of the way to it
_SHOULDER = 0.8


@dataclass(frozen=True, slots=True)
class Sensor:
    """One camera in one light. `blur_px`: the lens's, as a Gaussian's sigma. `exposure_s`: how long a frame is exposed.
    `gain`: brightness beyond what it aims at; `balance`: factors of red, green, blue; `gamma`: of its tone curve,
    against the picture's own. `read_noise`, `shot_noise`: standard deviation in grey levels of 255, in the dark and
    added at white. `denoise`: sigma of what smooths it away again. `jpeg`: quality of its compression, 0 for none.
    `flicker`: how much brighter and darker the mains make the light, seen as bands because rows are read one after
    the other.
    """

    blur_px: float = 0.6
    exposure_s: float = 0.015
    gain: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    read_noise: float = 1.5
    shot_noise: float = 2.5
    denoise: float = 0.5
    jpeg: int = 90
    flicker: float = 0.0
    mains_hz: float = 50.0
    row_s: float = 3.0e-5


class Imaging:
    """A sensor with its noise. `take` makes one frame, exposed for the first at once and for what comes later within
    a second or two, as cameras do: who steps in changes the light of the whole picture.
    """

    def __init__(self, sensor: Sensor, rng: Generator, width: int, height: int) -> None:
        self.sensor = sensor
        self._rng = rng
        self._noise = rng.standard_normal((_TILES, height + 32, width + 32)).astype(np.float32)
        self._rows = np.arange(height, dtype=np.float32)[:, None]
        self._exposure: float | None = None
        self._last_s = 0.0

    def take(
        self,
        scene: Picture,
        at_s: float,
        speed: tuple[float, float] = (0.0, 0.0),
        still: Picture | None = None,
        pattern: NDArray[np.float32] | None = None,
    ) -> Picture:
        """`scene`: what a perfect pinhole camera would see, at the sensor's own pixels. `speed`: of what is looked at,
        in px a second, for the smear; `still`: what stands still, and is not smeared where it shows. `pattern`: a gain
        for each pixel (and colour) of detail finer than the pixels, which the lens has already let through: screens
        and prints have it.
        """
        sensor = self.sensor
        curve = _curve(sensor, self._exposed(scene, at_s))
        frame = scene
        if sensor.blur_px > 0.0:
            frame = _picture(cv2.GaussianBlur(frame, (0, 0), sensor.blur_px))
        smear = _smear(speed[0] * sensor.exposure_s, speed[1] * sensor.exposure_s)
        if smear is not None:
            frame = _smeared(frame, smear, None if still is None else cv2.absdiff(scene, still))
        if pattern is not None:
            frame = _picture(cv2.multiply(frame, pattern, dtype=cv2.CV_8U))
        raw = _mosaic(_picture(cv2.LUT(frame, curve))).astype(np.float32)
        if sensor.flicker > 0.0:
            phase = 4.0 * math.pi * sensor.mains_hz * (at_s + self._rows * sensor.row_s)
            raw *= 1.0 + sensor.flicker * np.sin(phase).astype(np.float32)
        tile = self._noise[self._rng.integers(_TILES)]
        down, across = (int(n) for n in self._rng.integers(0, 32, 2))
        height, width = raw.shape
        grain = tile[down : down + height, across : across + width]
        raw += grain * (sensor.read_noise + sensor.shot_noise * np.sqrt(raw * np.float32(1 / 255)))
        frame = _picture(cv2.cvtColor(np.clip(raw, 0, 255).astype(np.uint8), cv2.COLOR_BayerRGGB2RGB))
        if sensor.denoise > 0.0:
            frame = _picture(cv2.GaussianBlur(frame, (0, 0), sensor.denoise))
        return compressed(frame, sensor.jpeg) if sensor.jpeg else frame

    def _exposed(self, scene: Picture, at_s: float) -> float:
        wanted = _exposure(scene)
        share = 1.0 - math.exp(-max(at_s - self._last_s, 0.0) / _FOLLOWS_S)
        before = wanted if self._exposure is None else self._exposure
        self._last_s, self._exposure = at_s, before * (wanted / before) ** share
        return self._exposure


def compressed(frame: Picture, quality: int) -> Picture:
    """A frame after JPEG, as a webcam sends it."""
    _, packed = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _picture(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))[..., ::-1])


def _picture(array: Any) -> Picture:
    return np.ascontiguousarray(array, dtype=np.uint8)


def _exposure(scene: Picture) -> float:
    """How much brighter a camera makes it, that meters the middle of the view and never quite reaches its aim."""
    height, width = scene.shape[:2]
    middle = scene[height // 5 : -height // 5, width // 5 : -width // 5]
    return float(np.clip((_AIM / max(float(middle.mean()), 1.0)) ** _REACHES, 0.4, 2.5))


def _curve(sensor: Sensor, exposure: float) -> Picture:
    """The tone curve of each colour, with a soft shoulder before white."""
    curves = []
    for factor in sensor.balance:
        level = (np.arange(256) / 255.0 * sensor.gain * exposure * factor) ** sensor.gamma
        soft = _SHOULDER + (1.0 - _SHOULDER) * np.tanh((level - _SHOULDER) / (1.0 - _SHOULDER))
        curves.append(255.0 * np.where(level > _SHOULDER, soft, level))
    return np.stack(curves, axis=1).round().astype(np.uint8)[None]


def _smeared(frame: Picture, smear: Map, moved: Any) -> Picture:
    """`moved`: where it is not 0, and as far around as the smear reaches, something moves; None for everywhere."""
    smeared = _picture(cv2.filter2D(frame, -1, smear))
    if moved is None:
        return smeared
    where = cv2.dilate(cv2.cvtColor(moved, cv2.COLOR_RGB2GRAY), np.ones(smear.shape, np.uint8))
    return _picture(cv2.copyTo(smeared, (where > 0).astype(np.uint8), frame.copy()))


def _mosaic(frame: Picture) -> Picture:
    """Rows of red and green, and of green and blue, by turns."""
    raw = frame[..., 1].copy()
    raw[::2, ::2] = frame[::2, ::2, 0]
    raw[1::2, 1::2] = frame[1::2, 1::2, 2]
    return raw


def _smear(dx: float, dy: float) -> Map | None:
    """The kernel of a motion by so many pixels while the shutter is open; None when it is too small to be seen."""
    length = math.hypot(dx, dy)
    if length < _LEAST_SMEAR_PX:
        return None
    half = min(_MOST_SMEAR_PX // 2, math.ceil(length / 2))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for share in np.linspace(-0.5, 0.5, 4 * half + 1):
        x, y = half + share * dx * min(1.0, 2 * half / length), half + share * dy * min(1.0, 2 * half / length)
        column, row = min(int(x), 2 * half - 1), min(int(y), 2 * half - 1)
        kernel[row : row + 2, column : column + 2] += np.outer((1 - y + row, y - row), (1 - x + column, x - column))
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)
