"""Which way a face looks, from the geometry of its mesh."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# MediaPipe's indices: outer and inner eye corner, mouth corner, cheek in front of the ear; picture's right and left.
_RIGHT = [263, 362, 291, 454]
_LEFT = [33, 133, 61, 234]
_FOREHEAD, _CHIN = 10, 152
# A face that looks straight ahead has its chin a little further back than its forehead in the mesh: the median
# over 2,514 press photographs (scripts/measure-quality), taken as level.
_LEVEL_DEG = 5.4


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees. `yaw`: positive when the nose points to the picture's right; `pitch`: positive when it points
    down; `roll`: positive when the head leans clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float


def pose_of(points: NDArray[np.float32]) -> Pose:
    """The pose of a mesh, 468 × 3 in pixels with z towards the back."""
    across = (points[_RIGHT] - points[_LEFT]).sum(axis=0, dtype=np.float64)
    down = (points[_CHIN] - points[_FOREHEAD]).astype(np.float64)
    across /= max(float(np.linalg.norm(across)), 1e-9)
    down -= across * (down @ across)
    return Pose(
        yaw=math.degrees(math.asin(min(max(float(across[2]), -1.0), 1.0))),
        pitch=math.degrees(math.atan2(float(down[2]), math.hypot(float(down[0]), float(down[1])))) - _LEVEL_DEG,
        roll=math.degrees(math.atan2(float(across[1]), float(across[0]))),
    )
