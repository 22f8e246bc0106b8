"""A flat or bent sheet before the camera: which point of it each pixel sees, exactly for a plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.rig.head import HeadPose
from edge.rig.lens import Lens, Matrix, Points, rotation
from edge.rig.raster import Map, rasterise

_CELLS = 22  # of a bent sheet's mesh, along each side
_COARSE = 1.9  # texture pixels to one of the picture, from which a coarser copy is used
_FLAT_PER_MM = 1e-6  # bent less than this is flat
_LEAST_PX = 2  # of a side in view: from one pixel no step can be told


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The part of the picture that a sheet covers: `across` and `down` are millimetres from the sheet's middle, far
    outside of it where the sheet is not.
    """

    left: int
    top: int
    across: Map
    down: Map


@dataclass(frozen=True, slots=True)
class Sheet:
    """Millimetres. `bend`: its curvature in 1 / mm, positive when its middle is nearer than its edges; `axis_deg`: how
    far the axis of the bend leans from upright.
    """

    width: float
    height: float
    bend: float = 0.0
    axis_deg: float = 0.0

    def points(self, flat: Points, pose: HeadPose) -> Points:
        """Where points of the sheet (n × 2, mm from its middle) are before the camera, n × 3."""
        local = np.column_stack([flat, np.zeros(len(flat))])
        if abs(self.bend) > _FLAT_PER_MM:
            lean = math.radians(self.axis_deg)
            along = np.array([math.cos(lean), math.sin(lean)])
            beside = np.array([-math.sin(lean), math.cos(lean)])
            arc = flat @ along
            local[:, :2] = np.outer(np.sin(self.bend * arc) / self.bend, along) + np.outer(flat @ beside, beside)
            local[:, 2] = (1.0 - np.cos(self.bend * arc)) / self.bend
        return np.asarray(local @ turn_of(pose).T + (pose.x_mm, pose.y_mm, pose.z_mm))

    def look(self, lens: Lens, pose: HeadPose) -> Seen | None:
        """None where it is out of view, all but its edge."""
        if abs(self.bend) > _FLAT_PER_MM:
            return self._bent(lens, pose)
        corners = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]) * (self.width / 2, self.height / 2)
        on_picture = lens.project(self.points(corners, pose))
        low = np.clip(np.floor(on_picture.min(axis=0)) - 1, 0, (lens.width_px, lens.height_px)).astype(int)
        high = np.clip(np.ceil(on_picture.max(axis=0)) + 2, 0, (lens.width_px, lens.height_px)).astype(int)
        if (high < low + _LEAST_PX).any():
            return None
        back = np.linalg.inv(homography(lens, pose))
        back = back @ np.array([[1.0, 0.0, low[0]], [0.0, 1.0, low[1]], [0.0, 0.0, 1.0]])
        back = (back / back[2, 2]).astype(np.float32)
        x = np.arange(high[0] - low[0], dtype=np.float32)[None]
        y = np.arange(high[1] - low[1], dtype=np.float32)[:, None]
        under = 1.0 / (back[2, 0] * x + back[2, 1] * y + back[2, 2])
        across = (back[0, 0] * x + back[0, 1] * y + back[0, 2]) * under
        down = (back[1, 0] * x + back[1, 1] * y + back[1, 2]) * under
        return Seen(int(low[0]), int(low[1]), across, down)

    def _bent(self, lens: Lens, pose: HeadPose) -> Seen | None:
        steps = np.linspace(-0.5, 0.5, _CELLS + 1)
        flat = np.stack(np.meshgrid(steps * self.width, steps * self.height), -1).reshape(-1, 2)
        first = (np.arange(_CELLS)[:, None] * (_CELLS + 1) + np.arange(_CELLS)[None]).reshape(-1, 1)
        cells = [(0, 1, _CELLS + 2), (0, _CELLS + 2, _CELLS + 1)]
        triangles = np.concatenate([first + np.array(cell) for cell in cells]).astype(np.int32)
        points = self.points(flat, pose)
        window = rasterise(lens.project(points), points[:, 2], flat, triangles, (lens.width_px, lens.height_px))
        if window is None or min(window.u.shape) < _LEAST_PX:
            return None
        return Seen(window.left, window.top, window.u, window.v)


def turn_of(pose: HeadPose) -> Matrix:
    """The rotation of a sheet."""
    return rotation(pose.yaw, pose.pitch, pose.roll)


def homography(lens: Lens, pose: HeadPose) -> Matrix:
    """From millimetres on a flat sheet to pixels, 3 × 3."""
    turn = turn_of(pose)
    return np.asarray(lens.matrix @ np.column_stack([turn[:, 0], turn[:, 1], (pose.x_mm, pose.y_mm, pose.z_mm)]))


class Texture:
    """A picture (RGBA) on a sheet, its middle on the sheet's. Coarser copies are made when they are first needed: a
    texture much finer than the picture would turn into false patterns.
    """

    def __init__(self, texture: NDArray[np.uint8], px_per_mm: float) -> None:
        self._levels = [texture]
        self._px_per_mm = px_per_mm

    def seen(self, seen: Seen) -> NDArray[np.uint8]:
        """What of it is seen through each pixel, RGBA, nothing beyond its edges."""
        step, level = step_mm(seen) * self._px_per_mm, 0
        while step > _COARSE and min(self._levels[level].shape[:2]) > 8:
            level, step = level + 1, step / 2
            if level == len(self._levels):
                self._levels.append(np.asarray(cv2.pyrDown(self._levels[-1])))
        height, width = self._levels[0].shape[:2]
        scale = np.float32(0.5**level)
        u = (seen.across * np.float32(self._px_per_mm) + np.float32((width - 1) / 2)) * scale
        v = (seen.down * np.float32(self._px_per_mm) + np.float32((height - 1) / 2)) * scale
        return np.asarray(cv2.remap(self._levels[level], u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))


def gradients(seen: Seen) -> tuple[float, float, float, float]:
    """Millimetres per pixel in the middle: across and down per pixel to the right, across and down per pixel below."""
    row, column = seen.across.shape[0] // 2, seen.across.shape[1] // 2
    row, column = min(row, seen.across.shape[0] - 2), min(column, seen.across.shape[1] - 2)
    across, down = seen.across[row : row + 2, column : column + 2], seen.down[row : row + 2, column : column + 2]
    return (
        float(across[0, 1] - across[0, 0]),
        float(down[0, 1] - down[0, 0]),
        float(across[1, 0] - across[0, 0]),
        float(down[1, 0] - down[0, 0]),
    )


def step_mm(seen: Seen) -> float:
    """How much of the sheet a pixel in the middle covers, in mm along each side."""
    if min(seen.across.shape) < 2:
        return 1.0
    right_x, right_y, below_x, below_y = gradients(seen)
    return math.sqrt(max(abs(right_x * below_y - right_y * below_x), 1e-9))
