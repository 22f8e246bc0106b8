"""The pinhole camera of the rig, and rotations in its frame: x to the right, y down, z away from the camera, in mm."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Matrix = NDArray[np.float64]

NEAREST_MM = 50.0  # what is nearer than this is not projected: it would turn inside out


@dataclass(frozen=True, slots=True)
class Lens:
    """`focal_px`: focal length in pixels; the axis goes through the picture's middle."""

    width_px: int = 640
    height_px: int = 480
    focal_px: float = 520.0

    @property
    def zoom(self) -> float:
        """How many times as large the same view is as in a picture with a longer side of 640 px."""
        return max(self.width_px, self.height_px) / 640.0

    @property
    def matrix(self) -> Matrix:
        """The 3 × 3 camera matrix, as OpenCV has it."""
        return np.array([[self.focal_px, 0.0, self.width_px / 2], [0.0, self.focal_px, self.height_px / 2], [0, 0, 1]])

    def project(self, points: Points) -> Points:
        """n × 3 in mm to n × 2 in pixels."""
        depth = np.maximum(points[:, 2:], NEAREST_MM)
        return np.asarray(points[:, :2] * (self.focal_px / depth) + (self.width_px / 2, self.height_px / 2))


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Matrix:
    """Roll · yaw · pitch. Signs as in edge.vision.pose: the nose goes to the picture's right with yaw, down with
    pitch, and the head leans clockwise with roll.
    """
    yaw, pitch, roll = (math.radians(a) for a in (yaw_deg, pitch_deg, roll_deg))
    # The nose looks along -z: turning it to +x is a turn about y by minus yaw, turning it down (+y) one about x.
    about_y = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)
