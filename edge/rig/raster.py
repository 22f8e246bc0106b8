"""A textured mesh as two maps for `cv2.remap`: which point of the texture each pixel of the picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.rig.lens import Points

Map = NDArray[np.float32]
Triangles = NDArray[np.int32]

_SHIFT = 4  # fractional bits of a corner's position
_OUTSIDE = -1e4  # a texture position that shows nothing


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A part of the picture that a mesh covers: its left upper corner, and for each of its pixels the position in the
    texture, `u` and `v`, and the number of the triangle seen there (0 for none, else its index + 1).
    """

    left: int
    top: int
    u: Map
    v: Map
    triangle: NDArray[np.int32]


def rasterise(
    corners: Points, depth: NDArray[np.float64], texture: Points, triangles: Triangles, size: tuple[int, int]
) -> Window | None:
    """`corners`: n × 2 in pixels, `depth`: n, larger is further away, `texture`: n × 2, `size`: of the picture.

    Triangles are painted from the furthest to the nearest; those seen from behind are left out, and within one the
    texture is affine, which is right for triangles that are small against their distance. None where nothing is seen.
    """
    xy = corners[triangles]
    ab, ac = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    low = np.floor(np.maximum(xy.min(axis=1), 0.0)).astype(int)
    high = np.ceil(np.minimum(xy.max(axis=1), np.asarray(size, float) - 1.0)).astype(int)
    seen = np.flatnonzero((area > 1e-3) & (low <= high).all(axis=1))
    if not len(seen):
        return None
    left, top = (int(x) for x in low[seen].min(axis=0))
    right, bottom = (int(x) for x in high[seen].max(axis=0) + 1)
    numbers = np.zeros((bottom - top, right - left), np.int32)
    order = seen[np.argsort(-depth[triangles[seen]].mean(axis=1))]
    fixed = np.round((xy - (left, top)) * (1 << _SHIFT)).astype(np.int32)
    for index in order.tolist():
        cv2.fillConvexPoly(numbers, fixed[index], (index + 1,), cv2.LINE_8, _SHIFT)
    uv = texture[triangles]
    du, dv = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    safe = np.where(area > 1e-3, area, 1.0)[:, None]
    across = (du * ac[:, 1:] - dv * ab[:, 1:]) / safe  # change of (u, v) per pixel to the right
    down = (dv * ab[:, :1] - du * ac[:, :1]) / safe
    base = uv[:, 0] - across * (xy[:, 0, :1] - left) - down * (xy[:, 0, 1:] - top)
    nothing = np.array([[_OUTSIDE, 0.0, 0.0]])
    x = np.arange(right - left, dtype=np.float32)[None]
    y = np.arange(bottom - top, dtype=np.float32)[:, None]
    maps: list[Map] = []
    for axis in range(2):
        table = np.concatenate([nothing, np.stack([base[:, axis], across[:, axis], down[:, axis]], axis=1)])
        table = table.astype(np.float32)
        place = table[:, 0][numbers] + table[:, 1][numbers] * x + table[:, 2][numbers] * y
        maps.append(np.asarray(place, dtype=np.float32))
    return Window(left, top, maps[0], maps[1], numbers)


def blend(picture: NDArray[np.uint8], layer: NDArray[np.uint8], alpha: Map, left: int, top: int) -> None:
    """Put a layer (RGB, with `alpha` 0 to 1) over a part of the picture, in place."""
    height, width = alpha.shape
    part = picture[top : top + height, left : left + width]
    picture[top : top + height, left : left + width] = cv2.blendLinear(layer, part, alpha, 1.0 - alpha)
