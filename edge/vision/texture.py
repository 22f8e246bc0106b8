"""Light and sharpness of a face, measured on the upright crop that the mesh was fitted in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.vision.geometry import Box
from edge.vision.mesh import OVAL, Mesh

# The face is looked at with its eyes about 25 px apart: as fine as the embedding needs, so that a face is not
# called blurred for being far, and coarse enough that the camera's noise does not pass for detail.
_SIDE_PX = 96
_SATURATED = 250
_GRID = 16


@dataclass(frozen=True, slots=True)
class Texture:
    """`luma`: mean of the face, 0–255. `saturated`: share of the face at 250 or more. `sharpness`: see
    `_sharpness`.
    """

    luma: float
    saturated: float
    sharpness: float


def texture_of(mesh: Mesh) -> Texture:
    """Measured inside the outline of the face only; hair and background say nothing about it."""
    grey = cv2.cvtColor(mesh.crop, cv2.COLOR_RGB2GRAY)
    shrink = _SIDE_PX / grey.shape[0]
    small = cv2.resize(grey, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    outline = mesh.points[OVAL, :2] @ mesh.to_crop[:, :2].T + mesh.to_crop[:, 2]
    mask = np.zeros((_SIDE_PX, _SIDE_PX), np.uint8)
    # Far outside the crop OpenCV's fixed-point corners would overflow.
    corners = np.clip(outline * shrink, -_SIDE_PX, 2 * _SIDE_PX).astype(np.int32)
    cv2.fillConvexPoly(mask, corners, 1)
    count = max(int(np.count_nonzero(mask)), 1)
    mean, deviation = cv2.meanStdDev(small, mask=mask)
    saturated = int(np.count_nonzero((small >= _SATURATED) & (mask > 0)))
    sharpness = _sharpness(small, mask) / (float(deviation[0, 0]) + 1.0)
    return Texture(float(mean[0, 0]), saturated / count, sharpness)


def _sharpness(grey: NDArray[Any], mask: NDArray[np.uint8]) -> float:
    """The standard deviation of the second difference in the direction in which it is smallest.

    Divided by the face's own standard deviation this hardly depends on light and contrast. The smallest direction
    and not the mean, because motion blurs along one direction and leaves the edges across it sharp.
    """
    a = grey.astype(np.int16)
    centre = 2 * a[1:-1, 1:-1]
    inner = np.ascontiguousarray(mask[1:-1, 1:-1])
    pairs = (
        (a[1:-1, 2:] + a[1:-1, :-2], 1.0),
        (a[2:, 1:-1] + a[:-2, 1:-1], 1.0),
        (a[2:, 2:] + a[:-2, :-2], 2.0**-0.5),  # diagonal neighbours are further away
        (a[2:, :-2] + a[:-2, 2:], 2.0**-0.5),
    )
    return min(float(cv2.meanStdDev(pair - centre, mask=inner)[1][0, 0]) * weight for pair, weight in pairs)


def surroundings_luma(picture: Picture, box: Box) -> float:
    """The mean luma of the picture outside the box, from a grid of every 16th pixel; 0 where nothing is left."""
    grid = picture[_GRID // 2 :: _GRID, _GRID // 2 :: _GRID].astype(np.float32) @ (0.299, 0.587, 0.114)
    outside = np.ones(grid.shape, bool)
    top, bottom = (max(round(v / _GRID), 0) for v in (box.top, box.bottom))
    left, right = (max(round(v / _GRID), 0) for v in (box.left, box.right))
    outside[top:bottom, left:right] = False
    return float(grid[outside].mean()) if outside.any() else 0.0
