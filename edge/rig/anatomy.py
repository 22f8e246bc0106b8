"""Where what is on MediaPipe's mesh of 468 points, and how lids and jaw move it.

The indices are MediaPipe's (mediapipe/python/solutions/face_mesh_connections.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.rig.lens import Points

CHIN, FOREHEAD = 152, 10
# Of the person's right eye and of the left: corners, upper and lower rim from one corner to the other, and the fold
# above the upper rim.
CORNERS = ((33, 133), (263, 362))
UPPER = ([246, 161, 160, 159, 158, 157, 173], [466, 388, 387, 386, 385, 384, 398])
LOWER = ([7, 163, 144, 145, 153, 154, 155], [249, 390, 373, 374, 380, 381, 382])
FOLD = ([247, 30, 29, 27, 28, 56, 190], [467, 260, 259, 257, 258, 286, 414])
BELOW_BROW = ([113, 225, 224, 223, 222, 221, 189], [342, 445, 444, 443, 442, 441, 413])
UPPER_RIM = [191, 80, 81, 82, 13, 312, 311, 310, 415, 183, 42, 41, 38, 12, 268, 271, 272, 407]  # of the mouth
LOWER_RIM = [95, 88, 178, 87, 14, 317, 402, 318, 324, 96, 89, 179, 86, 15, 316, 403, 319, 325]
UPPER_LIP = [*UPPER_RIM, 185, 40, 39, 37, 0, 267, 269, 270, 409, 184, 74, 73, 72, 11, 302, 303, 304, 408]
LOWER_LIP = [*LOWER_RIM, 146, 91, 181, 84, 17, 314, 405, 321, 375, 77, 90, 180, 85, 16, 315, 404, 320, 307]
MOUTH_CORNERS = [78, 308, 62, 292, 76, 306, 61, 291]
_HINGES = [234, 454]  # in front of the ears

_LID_SHUT = 0.94  # how far the upper rim comes towards the lower one; the lashes keep it from vanishing
_FOLD_FOLLOWS = 0.3
_SKIN_RIM, _SKIN_FOLD = 0.9, 0.35  # how far up the skin of a shut lid is taken from: to the fold, to below the brow
_LINE_SOFT_MM = 5.0  # over which the skin beside the mouth goes over from the upper jaw to the lower


def close_lids(points: Points, shut: float) -> Points:
    """The points with both eyes shut by so much, 0 (as in the portrait) to 1."""
    moved = points.copy()
    for upper, lower, fold in zip(UPPER, LOWER, FOLD, strict=True):
        gap = points[lower] - points[upper]
        moved[upper] += gap * (_LID_SHUT * shut)
        moved[fold] += gap * (_FOLD_FOLLOWS * shut)
    return moved


def lid_skin(uv: Points, shut: float) -> Points:
    """Texture positions with the eyes shut by so much: what a lid shows was folded away above it, and the rest of the
    eye is drawn together into the line of the lashes.
    """
    moved = uv.copy()
    for upper, fold, brow in zip(UPPER, FOLD, BELOW_BROW, strict=True):
        moved[upper] += (uv[fold] - uv[upper]) * (_SKIN_RIM * shut)
        moved[fold] += (uv[brow] - uv[fold]) * (_SKIN_FOLD * shut)
    return moved


def jaw_weights(points: Points) -> NDArray[np.float64]:
    """How much each point goes with the lower jaw, 0 to 1. `points`: 468 × 3 of a head that looks straight ahead."""
    line_y = points[[13, 14], 1].mean()
    weights = 1.0 / (1.0 + np.exp(-(points[:, 1] - line_y) / _LINE_SOFT_MM))
    hinge = points[_HINGES].mean(axis=0)
    weights *= np.clip((hinge[2] - points[:, 2]) / 40.0, 0.0, 1.0)
    weights[UPPER_LIP], weights[LOWER_LIP], weights[MOUTH_CORNERS] = 0.0, 1.0, 0.4
    return np.asarray(np.where(points[:, 1] > line_y - 3 * _LINE_SOFT_MM, weights, 0.0))


def open_mouth(points: Points, weights: NDArray[np.float64], angle_rad: float) -> Points:
    """The lower jaw turned down about its hinges by a small angle."""
    moved = points.copy()
    arm = points - points[_HINGES].mean(axis=0)
    moved[:, 1] -= weights * angle_rad * arm[:, 2]
    moved[:, 2] += weights * angle_rad * np.maximum(arm[:, 1], 0.0)
    return moved
