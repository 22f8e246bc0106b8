"""The face of one frame, kept to be laid over those that follow: is it still there, and where did it go?

The mesh network says where, but it is off by a tenth of the face where a mouth opens or a brim hides the forehead. So
the motion that the whole face has in common is found from its texture, by least squares between the template and the
new picture laid over it (S. Baker and I. Matthews, "Lucas-Kanade 20 years on", IJCV 56(3), 2004, with the template's
gradients, so that everything costly is computed once), after slow changes of light are filtered out. Whether the face
moved as a head or as a sheet is found from there (see `relief`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.faces import Face
from edge.vision.liveness.patch import STILL, Floats, Matrix, filtered, laid_over, warped, working_scale
from edge.vision.liveness.places import depth_map, places, slope
from edge.vision.liveness.sharpness import equally_sharp, steepness
from edge.vision.mesh import OVAL

FINE_EYE_PX, COARSE_EYE_PX = 40.0, 24.0
"""Distance of the eyes in working pixels, at most: fine enough to tell a head from a sheet, and only to follow it."""
_ROUNDS, _FEW = 3, 3  # every third place does
_MARGIN = 0.15  # of the face's width, around the crop
_LEAST_PX, _LEAST_PLACES = 24.0, 300
_BEYOND = 0.1  # of a face's width or height, beyond the picture: whoever stands near loses his chin
_LEAST_ALIKE = 0.78
"""Correlation of a coarse template and a picture; below it is something else. Of 2,521 pictures of living people, up to
8° and a second from the template, five have less at most; somebody else's face has more in one case of 200. Fine ones
tell less well: than 0.6, three have less, and somebody else has more in one case of 40."""
_SAME_SIZE = 0.1  # of the distance of the eyes in working pixels
_LEAST_LEFT = 0.3  # of the template's squared slopes: where a smear has taken more, the rest is bent by it


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A picture laid over a template. `by_mesh`: 2 × 3, picture pixels, where the mesh has put the face. `common`: the
    rest of its motion as the texture shows it, six numbers: what 1, x and y of a place (eye distances from the middle)
    move it by to the right, then down. `wanted`: the template's values at its places; `image`: the picture, as sharp;
    `left`: the share of the template's squared slopes that was not blurred away for that.
    """

    by_mesh: Matrix
    common: Matrix
    wanted: Floats
    image: Floats
    left: float

    @property
    def stride(self) -> float:
        """How much further a step has to go because the template was blurred."""
        return 1.0 / math.sqrt(self.left)


class Template:
    """The face in one frame, looked at with its eyes `eye_px` apart at most. Raises ValueError where it is too small or
    cut off to be followed, and where it shows no texture: numpy.linalg.LinAlgError is one.

    Of each of its places: `columns` and `rows` (working pixels), `x`, `y` and `z` (depth) in eye distances, and the
    slopes `across` and `down` of what it shows. `eye`: the distance of the eyes, working pixels.
    """

    def __init__(self, face: Face, eye_px: float) -> None:
        if not np.isfinite(face.points).all() or not face.eye_px >= 1.0:
            raise ValueError("too small to be followed")
        mesh = face.points[:, :2].astype(np.float64)
        oval = mesh[OVAL]
        low, high = oval.min(axis=0), oval.max(axis=0)
        margin = _MARGIN * (high[0] - low[0])
        if min(high - low) < max(_LEAST_PX, face.eye_px):
            raise ValueError("too small to be followed")
        self._scale = working_scale(face.eye_px, eye_px)
        self._origin = low - margin
        width, height = (int(n) for n in np.ceil((high - low + 2 * margin) * self._scale))
        self._size = (width, height)
        beyond = _BEYOND * (high - low)
        if (low < -beyond).any() or (high > face.picture.shape[1::-1] + beyond).any():
            raise ValueError("cut off")
        self._mesh = mesh
        ones = np.column_stack([mesh, np.ones(len(mesh))])
        self._solve = np.linalg.inv(ones.T @ ones) @ ones.T
        self._grey = laid_over(face.picture, STILL, self._origin, self._scale, self._size)
        self._image = filtered(self._grey)
        across, down = slope(self._image, 1, 0), slope(self._image, 0, 1)
        working = ((mesh - self._origin) * self._scale).astype(np.float32)
        depth = depth_map(self._size, working, face.points[:, 2] * self._scale)
        edges = np.array([[0.0, 0.0], face.picture.shape[1::-1]]) - self._origin
        self._at = places(working, depth, across, down, edges * self._scale)
        if len(self._at) < _LEAST_PLACES:
            raise ValueError("too small to be followed")
        self._steepness = steepness(self._image, self._at)
        self.eye = face.eye_px * self._scale
        middle = working[OVAL].mean(axis=0)
        self._middle = middle.astype(np.float64) / self._scale + self._origin
        rows, columns = np.divmod(self._at, width)
        self.columns, self.rows = columns.astype(np.float32), rows.astype(np.float32)
        self.x = ((columns - middle[0]) / self.eye).astype(np.float32)
        self.y = ((rows - middle[1]) / self.eye).astype(np.float32)
        self.z = depth.reshape(-1)[self._at] / np.float32(self.eye)
        self.z -= self.z.mean()
        self.across, self.down = across.reshape(-1)[self._at], down.reshape(-1)[self._at]
        self._basis = np.stack([np.ones_like(self.x), self.x, self.y])[:, ::_FEW].copy()
        steep = [self._basis * slopes[::_FEW] for slopes in (self.across, self.down)]
        self._steep = np.concatenate(steep) * np.float32(self.eye)
        self._inverse = inverse(self._steep)

    def follow(self, face: Face) -> Matrix | None:
        """The common motion into another frame of the same face, 2 × 3, picture pixels; None where that does not look
        like it.
        """
        matrix = self._by_mesh(face.points[:, :2].astype(np.float64))
        if matrix is None:
            return None
        grey = laid_over(face.picture, matrix, self._origin, self._scale, self._size)
        match = self._matched(matrix, filtered(grey))
        if match is None:
            return None
        seen = self._few_seen(match.image, match.common)
        return self._motion(match) if likeness(seen, match.wanted[::_FEW]) >= _LEAST_ALIKE else None

    def match(self, other: Template) -> Match | None:
        """Lay another template over it; None where that can't be the same face. Whether it looks alike is not asked."""
        matrix = self._by_mesh(other._mesh)
        if matrix is None:
            return None
        shift = matrix[:, :2] @ self._origin + matrix[:, 2] - other._origin
        back = other._scale * np.column_stack([matrix[:, :2] / self._scale, shift])

        def laid(image: NDArray[Any]) -> NDArray[Any]:
            return warped(image, back, self._size, cv2.INTER_CUBIC)

        # What was filtered in the same size need only be moved; faces too small to be made smaller differ in it.
        same_size = abs(self.eye - other.eye) < _SAME_SIZE * self.eye
        return self._matched(matrix, laid(other._image) if same_size else filtered(laid(other._grey)))

    def _by_mesh(self, mesh: Matrix) -> Matrix | None:
        """Where the mesh, 468 × 2, has gone; None where no face can go."""
        if not np.isfinite(mesh).all():
            return None
        matrix = np.asarray((self._solve @ mesh).T)
        return matrix if 0.3 < float(np.linalg.det(matrix[:, :2])) < 3.3 else None

    def _matched(self, by_mesh: Matrix, image: Floats) -> Match | None:
        mine, theirs, left = equally_sharp(self._image, image, self._at, self._steepness)
        if left < _LEAST_LEFT:
            return None
        wanted = mine.reshape(-1)[self._at]
        return Match(by_mesh, self._common(wanted[::_FEW], theirs, 1.0 / math.sqrt(left)), wanted, theirs, left)

    def went(self, motion: Matrix) -> float:
        """How far a motion takes the middle of the face, in eye distances."""
        gone = motion[:, :2] @ self._middle + motion[:, 2] - self._middle
        return float(np.hypot(*gone)) * self._scale / self.eye

    def _motion(self, match: Match) -> Matrix:
        """The mesh's motion corrected by what the texture's is found to be."""
        shear = match.common.reshape(2, 3)[:, 1:]
        shift = match.common[[0, 3]] * self.eye / self._scale - shear @ self._middle
        linear = match.by_mesh[:, :2]
        return np.column_stack([linear @ (np.eye(2) + shear), linear @ shift + match.by_mesh[:, 2]])

    def _common(self, wanted: Floats, image: Floats, stride: float) -> Matrix:
        found = np.zeros(6)
        for _ in range(_ROUNDS):
            left = self._few_seen(image, found) - wanted
            found -= stride * (self._inverse @ (self._steep @ left).astype(np.float64))
        return found

    def _few_seen(self, image: Floats, common: Matrix) -> Floats:
        across, down = (common.reshape(2, 3).astype(np.float32) @ self._basis) * np.float32(self.eye)
        return seen_at(image, self.columns[::_FEW] + across, self.rows[::_FEW] + down)


def likeness(seen: Floats, wanted: Floats) -> float:
    """The correlation of what a picture shows with what the template does. Of what shows nothing it is next to 0."""
    shown = math.sqrt(float(seen @ seen) * float(wanted @ wanted))
    return float(seen @ wanted) / max(shown, 1e-6 * len(wanted))


def inverse(steep: Floats) -> Matrix:
    """Of the normal matrix of least squares, with a little added for what stripes leave open."""
    normal = (steep @ steep.T).astype(np.float64)
    return np.asarray(np.linalg.inv(normal + np.diag(np.diag(normal)) * 1e-4))


def seen_at(image: Floats, columns: Floats, rows: Floats) -> Floats:
    """What the image shows at these places, between pixels as well."""
    shown = cv2.remap(image, columns[:, None], rows[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shown, np.float32).reshape(-1)
