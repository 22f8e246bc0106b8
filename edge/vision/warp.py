"""Cutting a turned and scaled square out of a picture, at the cost of that square and not of the picture."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture


def similarity_to_square(centre: tuple[float, float], side: float, angle: float, size_px: int) -> NDArray[np.float64]:
    """The 2 × 3 matrix that maps the square of `side` pixels around `centre`, turned by `angle` (radians, x axis
    towards y axis), onto an upright square of `size_px`.
    """
    scale = size_px / side
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    x, y = centre
    half = size_px / 2
    return np.array([[cos, sin, half - cos * x - sin * y], [-sin, cos, half + sin * x - cos * y]])


def invert(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of a 2 × 3 affine matrix, written out: for one 2 × 2 a call of LAPACK is mostly overhead."""
    (a, b, x), (c, d, y) = matrix.tolist()
    area = a * d - b * c
    a, b, c, d = d / area, -b / area, -c / area, a / area
    return np.array([[a, b, -a * x - b * y], [c, d, -c * x - d * y]])


def scale_of(matrix: NDArray[np.float64]) -> float:
    """How many output pixels one source pixel becomes."""
    (a, b, _), (c, d, _) = matrix.tolist()
    return math.sqrt(abs(a * d - b * c))


def cut_out(picture: Picture, matrix: NDArray[np.float64], size_px: int) -> Picture:
    """The `size_px` square that `matrix` (picture to square, 2 × 3, pixel centres at halves) maps to.

    Bilinear. Interpolation alone would skip source pixels when it shrinks, so the source is halved by averaging
    while the scale is below one half; only the part of the picture that is needed is touched. What lies beyond
    the picture is black.
    """
    inverse = invert(matrix)
    corners = np.array([[0, size_px, 0, size_px], [0, 0, size_px, size_px], [1, 1, 1, 1]], np.float64)
    needed = inverse @ corners
    height, width = picture.shape[:2]
    margin = 2.0 / max(scale_of(matrix), 1e-6)
    left, top = (int(max(v, 0)) for v in np.floor(needed.min(axis=1) - margin))
    right, bottom = (int(v) for v in np.minimum(np.ceil(needed.max(axis=1) + margin), (width, height)))
    if right - left < 2 or bottom - top < 2:
        return np.zeros((size_px, size_px, 3), np.uint8)
    source = picture[top:bottom, left:right]
    matrix = matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ (left, top)
    while scale_of(matrix) < 0.5 and min(source.shape[:2]) >= 4:
        even = source[: source.shape[0] // 2 * 2, : source.shape[1] // 2 * 2]
        source = cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        matrix[:, :2] *= 2.0
    # OpenCV counts from pixel centres: shift by half a pixel on both sides.
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    # OpenCV's bilinear warp is vectorised for four channels but not for three: a fourth one halves the time.
    four = cv2.cvtColor(source, cv2.COLOR_RGB2RGBA)
    turned = cv2.warpAffine(four, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR)
    return cv2.cvtColor(turned, cv2.COLOR_RGBA2RGB)  # type: ignore[return-value]
