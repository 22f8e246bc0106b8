"""A portrait as a printer would want it: upright, cut to head and shoulders, without the black rim of an alignment."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.vision.pose import pose_of

_BLACK, _BLACK_SHARE = 4, 0.06  # grey level, and the share of an edge's pixels, that make it a rim
_MOST_CUT = 0.6  # of the shorter side stays in any case


def without_black_rim(picture: Picture) -> Picture:
    """Collections that were aligned by turning have black corners, which no print of a portrait would have."""
    black = (picture.max(axis=2) <= _BLACK).astype(np.uint8)
    top, left, bottom, right = 0, 0, black.shape[0], black.shape[1]
    while min(bottom - top, right - left) > _MOST_CUT * min(black.shape):
        sides = (
            black[top, left:right].mean(),
            black[top:bottom, left].mean(),
            black[bottom - 1, left:right].mean(),
            black[top:bottom, right - 1].mean(),
        )
        worst = int(np.argmax(sides))
        if sides[worst] < _BLACK_SHARE:
            break
        top, left = top + (worst == 0), left + (worst == 1)
        bottom, right = bottom - (worst == 2), right - (worst == 3)
    return np.ascontiguousarray(picture[top:bottom, left:right])


def upright(picture: Picture, points: NDArray[np.float32]) -> tuple[Picture, NDArray[np.float32]]:
    """The picture turned so that the eyes lie level."""
    roll = pose_of(points).roll
    x, y = points[:, :2].mean(axis=0).tolist()
    turn = cv2.getRotationMatrix2D((x, y), roll, 1.0)
    size = (picture.shape[1], picture.shape[0])
    turned = cv2.warpAffine(picture, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    moved = points.copy()
    moved[:, :2] = points[:, :2] @ turn[:, :2].T + turn[:, 2]
    return np.asarray(turned), moved


def trimmed(
    picture: Picture, points: NDArray[np.float32]
) -> tuple[Picture, NDArray[np.float32], tuple[int, int, int, int]]:
    """Head and shoulders, with room mirrored in where the portrait ends too soon; and where it lies in that."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    across, up = float(high[0] - low[0]), float(high[1] - low[1])
    height, width = picture.shape[:2]
    left, right = int(low[0] - 1.0 * across), int(high[0] + 1.0 * across)
    top, bottom = int(low[1] - 0.75 * up), min(int(high[1] + 0.95 * up), height)
    pads = max(0, -top), 0, max(0, -left), max(0, right - width)
    inner = picture[max(0, top) : bottom, max(0, left) : min(right, width)]
    padded = cv2.copyMakeBorder(inner, *pads, cv2.BORDER_REFLECT_101)
    moved = points.copy()
    moved[:, :2] -= (left, top)
    taken = pads[2], pads[0], pads[2] + inner.shape[1], pads[0] + inner.shape[0]
    return np.ascontiguousarray(padded), moved, taken
