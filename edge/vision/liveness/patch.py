"""Parts of a picture in a working size: grey, laid over where something was before, at the cost of the part alone."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

STILL: Matrix = np.eye(2, 3)
"""The motion of what stands still."""
_FINE, _COARSE = 1.2, (13, 13)
"""Detail between them is compared. Working pixels: a sigma, and a box taken twice, as wide as a sigma of 5.3."""


def working_scale(eye_px: float, most_px: float) -> float:
    """1, or less where the eyes are further apart than `most_px`: time is bounded."""
    return min(1.0, most_px / max(eye_px, 1.0))


def laid_over(
    picture: Picture, motion: Matrix, origin: NDArray[np.float64], scale: float, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """`size` (width, height) working pixels from `origin` (picture pixels), grey, each showing what `motion` (2 × 3,
    picture pixels to picture pixels) brought its place to. What lies beyond the picture repeats its edge.
    """
    width, height = size
    corners = np.array([[0, width, 0, width], [0, 0, height, height]]) / scale + origin[:, None]
    needed = motion[:, :2] @ corners + motion[:, 2:]
    left, top = (int(n) for n in np.clip(np.floor(needed.min(axis=1)) - 2, 0, None))
    right, bottom = (int(n) for n in np.minimum(np.ceil(needed.max(axis=1)) + 3, picture.shape[1::-1]))
    if right - left < 8 or bottom - top < 8:
        return np.zeros((height, width), np.uint8)
    part, step = picture[top:bottom, left:right], 1.0
    while step > 1.5 * scale and min(part.shape[:2]) >= 4:  # in colour: less is left to be made grey
        step /= 2.0
        even = part[: len(part) // 2 * 2, : part.shape[1] // 2 * 2]
        part = np.asarray(cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    grey = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8)
    shift = motion[:, :2] @ origin + motion[:, 2] - (left, top)
    back = np.column_stack([motion[:, :2] * (step / scale), shift * step])
    return np.asarray(warped(grey, back, size), np.uint8)


def warped(image: NDArray[Any], back: Matrix, size: tuple[int, int], between: int = cv2.INTER_LINEAR) -> NDArray[Any]:
    """`size` (width, height) pixels, each showing what lies where `back` (2 × 3) brings its place in an image. What
    lies beyond it repeats its edge. `between`: how pixels are interpolated, as OpenCV names it.
    """
    centred = back.copy()
    centred[:, 2] += back[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from pixel centres
    flags = between | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, centred, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def filtered(grey: NDArray[np.uint8]) -> Floats:
    """Without noise and without slow light, in units of the local contrast's size."""
    image = grey.astype(np.float32)
    coarse = cv2.blur(cv2.blur(image, _COARSE), _COARSE)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), _FINE) - coarse, np.float32)
