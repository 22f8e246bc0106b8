"""Where on a face its texture is compared, and how deep each place lies.

Left out is what moves by itself, and the skin that is seen so much from the side that the outline runs there: what the
picture shows at an outline is another part of the head as soon as it turns, so it moves as nothing does that is drawn
on the face.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.liveness.patch import Floats
from edge.vision.mesh import OVAL

# What moves by itself: the lids with what lies around them, and the lips.
_EYES, _EYE = ((33, 133), (362, 263)), (0.85, 0.62)  # half axes of what is left out around an eye, in eye's widths
_LIPS, _LIPS_GROWN = [61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91], 1.15
_MOST_PX = 3000  # of those with the steepest gradients, which say nearly all: time is bounded
_ASIDE = 1.2  # of depth, px a px: skin that is turned 50° from the view
_EDGE = 8  # px inside the picture: what is filtered nearer to its edge is made up
_REACH = 0.03  # of the crop's width: sigma of the weights with which vertices give their depth to pixels


def places(mesh: Floats, depth: Floats, across: Floats, down: Floats, edges: NDArray[np.float64]) -> NDArray[np.intp]:
    """As many places as time allows, those where the picture's slopes `across` and `down` are steepest, counted row by
    row. `mesh`: 468 × 2 in working pixels; `depth`: of every place, see `depth_map`; `edges`: where the picture begins
    (x, y) and ends.
    """
    usable = _skin(depth.shape, mesh).astype(bool) & (cv2.magnitude(slope(depth, 1, 0), slope(depth, 0, 1)) <= _ASIDE)
    inner = edges + np.array([[_EDGE], [-_EDGE]])
    (left, top), (right, bottom) = np.clip(inner, 0, depth.shape[::-1]).astype(int)
    shown = np.zeros_like(usable)
    shown[top:bottom, left:right] = True
    found = np.flatnonzero(usable & shown)
    if len(found) <= _MOST_PX:
        return found
    steep = np.square(across.reshape(-1)[found]) + np.square(down.reshape(-1)[found])
    return np.sort(found[np.argpartition(steep, -_MOST_PX)[-_MOST_PX:]])


def depth_map(size: tuple[int, int], mesh: Floats, depth: Floats) -> Floats:
    """The mesh's depth everywhere: a mean of the vertices near by, with Gaussian weights. So smooth, half size does."""
    width, height = (n // 2 + 1 for n in size)
    columns, rows = np.clip(np.rint(mesh / 2 - 0.25).astype(np.intp), 0, (width - 1, height - 1)).T

    def near(weights: Floats) -> Floats:
        sums = np.bincount(rows * width + columns, weights, width * height).astype(np.float32)
        return np.asarray(cv2.GaussianBlur(sums.reshape(height, width), (0, 0), _REACH * width), np.float32)

    half = near(depth) / np.maximum(near(np.ones_like(depth)), 1e-9)
    return np.asarray(cv2.resize(half, (2 * width, 2 * height))[: size[1], : size[0]], np.float32)


def slope(image: Floats, across: int, down: int) -> Floats:
    """The slope of an image in one direction, per pixel."""
    return np.asarray(cv2.Sobel(image, cv2.CV_32F, across, down, ksize=3, scale=0.125), np.float32)


def _skin(shape: tuple[int, ...], mesh: Floats) -> NDArray[np.uint8]:
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(mesh[OVAL].astype(np.int32)), 1)
    for outer, inner in _EYES:
        wide = float(np.hypot(*(mesh[outer] - mesh[inner])))
        x, y = (float(n) for n in (mesh[outer] + mesh[inner]) / 2)
        lean = float(np.degrees(np.arctan2(*(mesh[inner] - mesh[outer])[::-1])))
        cv2.ellipse(mask, ((x, y), (2 * _EYE[0] * wide, 2 * _EYE[1] * wide), lean), (0,), -1)
    middle = mesh[_LIPS].mean(axis=0)
    grown = middle + _LIPS_GROWN * (mesh[_LIPS] - middle)
    cv2.fillConvexPoly(mask, cv2.convexHull(grown.astype(np.int32)), 0)
    return mask
