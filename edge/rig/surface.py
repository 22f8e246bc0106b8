"""What light does on a sheet: shading as it turns, the mirror image of a lamp, and patterns finer than the pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.rig.head import HeadPose
from edge.rig.lens import Matrix
from edge.rig.raster import Map
from edge.rig.sheet import Seen, Sheet, gradients, turn_of

_FAINT = 0.002  # a pattern below half a grey level is none


@dataclass(frozen=True, slots=True)
class Lamp:
    """`place`: in mm in the camera's frame; `size_mm`: of the lamp, `strength`: grey levels of its mirror image in
    gloss; `relief`: how much a sheet's shading changes with its turning.
    """

    place: tuple[float, float, float] = (-400.0, -1500.0, -300.0)
    size_mm: float = 200.0
    strength: float = 0.0
    relief: float = 0.25


def shading(sheet: Sheet, lamp: Lamp, pose: HeadPose, seen: Seen) -> Map | float:
    """The gain of a matt sheet: one number for a flat one, a map for a bent one (Lambert)."""
    turn = turn_of(pose)
    place = np.array([pose.x_mm, pose.y_mm, pose.z_mm])
    light = np.array(lamp.place) - place
    light /= np.linalg.norm(light)
    towards_camera = -place / np.linalg.norm(place)
    rest = float(towards_camera @ light)
    if sheet.bend == 0.0:
        return max(0.1, 1.0 + lamp.relief * (float(-turn[:, 2] @ light) - rest))
    lean = math.radians(sheet.axis_deg)
    along = math.cos(lean) * turn[:, 0] + math.sin(lean) * turn[:, 1]
    angle = (seen.across * np.float32(math.cos(lean)) + seen.down * np.float32(math.sin(lean))) * np.float32(sheet.bend)
    lit = np.cos(angle) * float(-turn[:, 2] @ light) + np.sin(angle) * float(along @ light)
    return np.asarray(np.maximum(1.0 + lamp.relief * (lit - rest), 0.1), dtype=np.float32)


def glare(lamp: Lamp, pose: HeadPose, seen: Seen, rough_mm: float) -> Map | None:
    """Grey levels that the lamp's mirror image adds, None where it is not in sight. The image of a point in a plane
    mirror lies where the way from the camera's own mirror image to the lamp goes through the plane.
    """
    if lamp.strength <= 0.0:
        return None
    turn = turn_of(pose)
    place, normal = np.array([pose.x_mm, pose.y_mm, pose.z_mm]), turn[:, 2]
    behind = 2.0 * float(place @ normal) * normal
    way = np.array(lamp.place) - behind
    share = float((place - behind) @ normal) / (float(way @ normal) or 1e-9)
    if not 0.0 < share < 1.0:
        return None
    at = (behind + share * way - place) @ turn
    spread = math.hypot(rough_mm, lamp.size_mm * share)
    x = (seen.across - np.float32(at[0])) * np.float32(1.0 / spread)
    y = (seen.down - np.float32(at[1])) * np.float32(1.0 / spread)
    nearest = float(np.min(x * x + y * y))
    if nearest > 9.0:
        return None
    return np.asarray(np.float32(lamp.strength) * np.exp(np.float32(-0.5) * (x * x + y * y)))


def light_up(layer: NDArray[np.uint8], gain: Map | float, added: Map | None) -> NDArray[np.uint8]:
    """A layer's colours (RGBA in, RGB out) with shading and glare."""
    colours: Any = np.ascontiguousarray(layer[..., :3])
    if isinstance(gain, float):
        colours = cv2.convertScaleAbs(colours, alpha=gain)
    else:
        colours = cv2.multiply(colours, cv2.merge([gain, gain, gain]), dtype=cv2.CV_8U)
    if added is not None:
        colours = cv2.add(colours, cv2.merge([added, added, added]), dtype=cv2.CV_8U)
    return np.asarray(colours, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Optics:
    """What of fine patterns comes through. `spread_px`: sigma of lens and sensor glass, `aperture_px`: side of the
    light-sensitive square of a pixel. Sensors that leave out rows and columns have small ones, and show moiré.
    """

    spread_px: float = 0.3
    aperture_px: float = 0.6

    def passes(self, fx: float, fy: float) -> float:
        """The contrast left of a pattern of so many periods per pixel: Gaussian and box, multiplied."""
        blur = math.exp(-2.0 * (math.pi * self.spread_px) ** 2 * (fx * fx + fy * fy))
        return float(blur * np.sinc(self.aperture_px * fx) * np.sinc(self.aperture_px * fy))


def stripes(seen: Seen, optics: Optics, period_mm: float, lean: Matrix, depth: float, phase: float) -> Map | None:
    """A pattern of parallel stripes, as a change of gain, sampled at the pixels as a sensor does it: what is finer
    than they are appears as moiré. `lean`: unit vector across the stripes on the sheet. None when nothing comes
    through.
    """
    right_x, right_y, below_x, below_y = gradients(seen)
    per_px = (right_x * lean[0] + right_y * lean[1]) / period_mm, (below_x * lean[0] + below_y * lean[1]) / period_mm
    strength = depth * optics.passes(*per_px)
    if abs(strength) < _FAINT:
        return None
    turns = (seen.across * np.float32(lean[0]) + seen.down * np.float32(lean[1])) * np.float32(1.0 / period_mm)
    turns -= np.floor(turns)
    return np.asarray(np.float32(strength) * np.cos(np.float32(2 * math.pi) * (turns + np.float32(phase))))
