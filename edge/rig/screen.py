"""A telephone, a tablet or a monitor held before the camera: its pixels, its light, its bezel, and what it plays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.rig.head import HeadPose
from edge.rig.lens import Lens
from edge.rig.raster import Map, blend
from edge.rig.sheet import Sheet, Texture, turn_of
from edge.rig.surface import Lamp, Optics, glare, light_up, stripes

_RED_TO_BLUE = (0.0, 1.0 / 3.0, 2.0 / 3.0)  # phases of the three colours' stripes
_STRIPE_DEPTH = 1.65  # first harmonic of stripes a third as wide as their period
_ROW_DEPTH = 0.35  # and of rows with a dark gap of 0.15 between them


@dataclass(frozen=True, slots=True)
class ScreenLook:
    """`width_mm` × `height_mm`: of what it shows; `pitch_mm`: of its pixels; `bezel_mm`: rim around, `bezel`: its grey.
    `black`: grey level of its darkest, with the room's light on it; `brightness`: factor; `tint`: of its white;
    `gamma`: against the camera's; `saturation`. `dims`: how much darker it gets per unit of cosine when it is turned
    away. `pwm_hz`, `pwm`: rate and depth of its backlight's dimming. `gloss_mm`: how wide it spreads a lamp's image.
    """

    width_mm: float = 68.0
    height_mm: float = 140.0
    pitch_mm: float = 0.063
    bezel_mm: float = 4.0
    bezel: float = 15.0
    black: float = 12.0
    brightness: float = 1.1
    tint: tuple[float, float, float] = (0.96, 1.0, 1.06)
    gamma: float = 1.0
    saturation: float = 1.1
    dims: float = 0.8
    pwm_hz: float = 240.0
    pwm: float = 0.3
    gloss_mm: float = 12.0


class Screen:
    """A device. What it plays is given with each frame."""

    def __init__(self, look: ScreenLook) -> None:
        self.look = look
        rim = 2 * look.bezel_mm
        self._sheet = Sheet(look.width_mm + rim, look.height_mm + rim)
        levels = np.arange(256) / 255.0
        curves = [
            np.clip(look.black + (255.0 - look.black) * look.brightness * t * levels**look.gamma, 0, 255)
            for t in look.tint
        ]
        self._curve = np.stack(curves, axis=1).astype(np.uint8)[None]

    def draw(
        self,
        picture: NDArray[np.uint8],
        pattern: Map | None,
        lens: Lens,
        pose: HeadPose,
        content: Picture,
        lamp: Lamp,
        optics: Optics,
    ) -> None:
        """Put it into a picture and its pixels' grid into `pattern`, both in place. `content` is cut to its shape."""
        seen = self._sheet.look(lens, pose)
        if seen is None:
            return
        look = self.look
        texture, px_per_mm = self._lit(content)
        layer = Texture(texture, px_per_mm).seen(seen)
        alpha = layer[..., 3].astype(np.float32) * np.float32(1 / 255)
        place = np.array([pose.x_mm, pose.y_mm, pose.z_mm])
        facing = _cosine(place, pose)
        lit = light_up(layer, max(0.3, 1.0 - look.dims * (1.0 - facing)), glare(lamp, pose, seen, look.gloss_mm))
        blend(picture, lit, alpha, seen.left, seen.top)
        if pattern is not None:
            height, width = alpha.shape
            part = pattern[seen.top : seen.top + height, seen.left : seen.left + width]
            rows = stripes(seen, optics, look.pitch_mm, np.array([0.0, 1.0]), _ROW_DEPTH, 0.0)
            for channel, phase in enumerate(_RED_TO_BLUE):
                columns = stripes(seen, optics, look.pitch_mm, np.array([1.0, 0.0]), _STRIPE_DEPTH, phase)
                for grid in (rows, columns):
                    if grid is not None:
                        part[..., channel] *= 1.0 + grid * self._inside(seen.across, seen.down)

    def bands(self, rows: int, row_s: float, exposure_s: float, at_s: float) -> Map | None:
        """The gain of each row from the backlight's dimming, as a rolling shutter sees it, n × 1 × 1."""
        look = self.look
        depth = look.pwm * abs(float(np.sinc(look.pwm_hz * exposure_s)))
        if depth < 0.002:
            return None
        turns = look.pwm_hz * (at_s + np.arange(rows) * row_s)
        return np.asarray((1.0 + depth * np.cos(2 * math.pi * turns)).astype(np.float32)[:, None, None])

    def covers(self, lens: Lens, pose: HeadPose) -> tuple[slice, slice] | None:
        """The rows and columns that it takes in the picture."""
        seen = self._sheet.look(lens, pose)
        if seen is None:
            return None
        height, width = seen.across.shape
        return slice(seen.top, seen.top + height), slice(seen.left, seen.left + width)

    def _inside(self, across: Map, down: Map) -> Map:
        inside = (np.abs(across) < self.look.width_mm / 2) & (np.abs(down) < self.look.height_mm / 2)
        return np.asarray(inside, dtype=np.float32)

    def _lit(self, content: Picture) -> tuple[NDArray[np.uint8], float]:
        """What it plays, in its own light and within its bezel, RGBA; and its pixels per mm."""
        look = self.look
        height, width = content.shape[:2]
        shape = look.width_mm / look.height_mm
        if width > height * shape:
            left = round((width - height * shape) / 2)
            content = content[:, left : width - left]
        else:
            top = round((height - width / shape) / 2)
            content = content[top : height - top]
        if look.saturation != 1.0:
            grey = cv2.cvtColor(cv2.cvtColor(content, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            mixed = cv2.addWeighted(content, look.saturation, grey, 1.0 - look.saturation, 0.0)
            content = np.asarray(mixed, dtype=np.uint8)
        lit = cv2.cvtColor(cv2.LUT(content, self._curve), cv2.COLOR_RGB2RGBA)
        px_per_mm = content.shape[1] / look.width_mm
        rim = max(1, round(look.bezel_mm * px_per_mm))
        dark = [look.bezel] * 3 + [255.0]
        return np.asarray(cv2.copyMakeBorder(lit, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=dark)), px_per_mm


def _cosine(place: NDArray[np.float64], pose: HeadPose) -> float:
    return abs(float(turn_of(pose)[:, 2] @ place)) / float(np.linalg.norm(place))
