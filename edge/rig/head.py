"""A head, textured and moved in three dimensions: what stands before the camera when somebody lives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.rig.anatomy import CORNERS, close_lids, lid_skin, open_mouth
from edge.rig.lens import Lens, Points, rotation
from edge.rig.portrait import EYES_MM, PIVOT_MM, Portrait
from edge.rig.raster import blend, rasterise

_CAVITY = np.array([38, 14, 14], np.float32)  # the dark of an open mouth
_CAVITY_RAD = 0.05  # from so far open it shows in full
_SKULL = np.array([78.0, 112.0, 95.0])  # half axes of the ball that stands for the head in its shading, mm
_SHADE_PX = 48


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where and how a head is: `x_mm`, `y_mm`, `z_mm` of the point between its eyes when it looks straight ahead,
    angles as in edge.vision.pose, `lids` 0 (as in the portrait) to 1 (shut), `jaw_rad` of an opened mouth.
    """

    z_mm: float
    x_mm: float = 0.0
    y_mm: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    lids: float = 0.0
    jaw_rad: float = 0.0

    def shifted(self, x_mm: float, y_mm: float, z_mm: float) -> HeadPose:
        """The same, elsewhere."""
        return replace(self, x_mm=self.x_mm + x_mm, y_mm=self.y_mm + y_mm, z_mm=self.z_mm + z_mm)


@dataclass(frozen=True, slots=True)
class Build:
    """How this head differs from what its portrait says: `size` and `depth`, factors; `light`: where the light comes
    from (towards it, a unit vector) and `relief`, how much the shading changes when the head turns.
    """

    size: float = 1.0
    depth: float = 1.0
    light: tuple[float, float, float] = (-0.5, -0.6, -0.6)
    relief: float = 0.25


class Head:
    """A portrait with a build. `place` says where its points are, `draw` draws it."""

    def __init__(self, portrait: Portrait, build: Build | None = None) -> None:
        self.portrait = portrait
        self.build = build or Build()
        self._still = portrait.still * (1.0, 1.0, self.build.depth) * self.build.size
        self._normals = _normals(portrait)

    def place(self, pose: HeadPose) -> Points:
        """All points in the camera's frame, in mm; the first 468 are the mesh's."""
        portrait = self.portrait
        points = self._still.copy()
        points[:468] = close_lids(points[:468], pose.lids)
        if pose.jaw_rad > 0.0:
            straight = points[:468] @ portrait.unturn.T
            points[:468] = open_mouth(straight, portrait.jaw[:468], pose.jaw_rad) @ portrait.unturn
        turn = rotation(pose.yaw, pose.pitch, pose.roll) @ portrait.unturn
        pivot = PIVOT_MM * self.build.size
        turned = (points - pivot) @ turn.T + pivot
        follows = portrait.follows[:, None]
        return np.asarray(turned * follows + points * (1.0 - follows) + (pose.x_mm, pose.y_mm, pose.z_mm))

    def with_eyes_at(self, pose: HeadPose, eyes: Points) -> HeadPose:
        """The pose moved so that the middle between the eyes is there, however the head is turned."""
        points = self.place(pose)
        apart = eyes - points[[*CORNERS[0], *CORNERS[1]]].mean(axis=0)
        return pose.shifted(float(apart[0]), float(apart[1]), float(apart[2]))

    def draw(self, picture: NDArray[np.uint8], lens: Lens, pose: HeadPose) -> None:
        """Put the head into a picture, in place."""
        portrait = self.portrait
        points = self.place(pose)
        size = (picture.shape[1], picture.shape[0])
        drawn_px = lens.focal_px * EYES_MM / pose.z_mm
        level = int(np.clip(np.log2(max(portrait.eyes_px / drawn_px, 1.0)), 0, len(portrait.pyramid) - 1))
        texture = self._shaded(level, pose)
        uv = (
            lid_skin(portrait.uv, pose.lids) * 0.5**level
        )  # a coarse level keeps every other pixel of the one before where it was
        window = rasterise(lens.project(points), points[:, 2], uv, portrait.triangles, size)
        if window is None:
            return
        layer = np.asarray(
            cv2.remap(texture, window.u, window.v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.uint8
        )
        alpha = layer[..., 3].astype(np.float32) * np.float32(1 / 255)
        colours = np.ascontiguousarray(layer[..., :3])
        if pose.jaw_rad > 0.0:
            self._hollow(colours, window.triangle, pose.jaw_rad)
        blend(picture, colours, alpha, window.left, window.top)

    def _hollow(self, colours: NDArray[np.uint8], triangle: NDArray[np.int32], jaw_rad: float) -> None:
        """Darken what lies between the lips."""
        inside = np.concatenate([[False], self.portrait.mouth])[triangle].astype(np.float32)
        inside = cv2.GaussianBlur(inside, (3, 3), 0)[..., None] * min(1.0, jaw_rad / _CAVITY_RAD)
        colours[:] = np.clip(colours * (1.0 - inside) + _CAVITY * inside, 0, 255).astype(np.uint8)

    def _shaded(self, level: int, pose: HeadPose) -> NDArray[np.uint8]:
        """The texture, lighter where the head has turned towards the light and darker where away from it."""
        texture = self.portrait.pyramid[level]
        if self.build.relief <= 0.0:
            return texture
        light = np.array(self.build.light)
        turn = rotation(pose.yaw, pose.pitch, pose.roll) @ self.portrait.unturn
        gain = (1.0 + self.build.relief * (self._normals @ (turn.T @ light - light))).astype(np.float32)
        size = (texture.shape[1], texture.shape[0])
        full = cv2.resize(np.dstack([gain, gain, gain, np.ones_like(gain)]), size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.multiply(texture, full, dtype=cv2.CV_8U))


def _normals(portrait: Portrait) -> NDArray[np.float64]:
    """Outward unit vectors of a ball in place of the head, for a coarse grid over the texture, in its own view."""
    height, width = portrait.picture.shape[:2]
    unit = EYES_MM / portrait.eyes_px
    x = (np.linspace(0, width - 1, _SHADE_PX) - portrait.uv[168, 0]) * unit
    y = (np.linspace(0, height - 1, _SHADE_PX) - portrait.uv[168, 1]) * unit - 20.0
    across, down = np.meshgrid(np.clip(x / _SKULL[0], -0.98, 0.98), np.clip(y / _SKULL[1], -0.98, 0.98))
    towards = -np.sqrt(np.maximum(1.0 - across**2 - down**2, 0.05))
    normals = np.dstack([across / _SKULL[0], down / _SKULL[1], towards / _SKULL[2]])
    return np.asarray(normals / np.linalg.norm(normals, axis=2, keepdims=True))
