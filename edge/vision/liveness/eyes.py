"""How far the eyes are open, from the picture itself.

The mesh network draws open lids over shut ones: its eye aspect ratio hardly changes in a blink. But an open eye has the
dark of pupil, iris and lashes beside white and skin, a shut one is skin; so its contrast falls when the lid comes down.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.align import fit_similarity
from edge.vision.faces import Face

_CORNERS = ((33, 133), (362, 263))  # from the picture's left to its right, of each eye
_SIZE = (24, 12)
_LEFT, _RIGHT = (2.0, 6.0), (22.0, 6.0)  # where the corners come to lie
_DARK, _LIGHT = 8, 75  # percentiles of the patch


def eyes_open(face: Face) -> float:
    """The contrast of the eyes, [0, 1], the mean of both; NaN where they cannot be seen."""
    found = []
    for corners in _CORNERS:
        points = face.points[list(corners), :2].astype(np.float64)
        if not np.isfinite(points).all() or float(np.hypot(*(points[1] - points[0]))) < 4.0:
            return float("nan")
        matrix = fit_similarity(points, np.array([_LEFT, _RIGHT]))
        patch = cv2.warpAffine(face.picture, matrix, _SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        dark, light = np.percentile(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), (_DARK, _LIGHT))
        found.append(float((light - dark) / (light + 1.0)))
    return sum(found) / len(found)
