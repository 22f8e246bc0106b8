"""The face of one frame, kept to be laid over those that follow: how did its texture move, as a sheet or as a head?

The mesh network draws a face in three dimensions also into a flat photograph of one. What cannot be drawn is how the
texture itself moves. In a perspective picture the displacement of a rigid surface's point p = (x, y) of depth z is
smooth in p, plus its depth times what says how the view has changed:

    d(p) = s(p) + z(p) · (v + w p)

On a plane z is linear in p, on a bent sheet quadratic and a little more, so there all lies within a polynomial s of
fourth degree; on a head the nose, its wings, the sockets and the cheeks stand out of it. v is the turn of the view
in radians. All 33 numbers are found at once from all pixels of the face, by least squares between the template and
the new picture laid over it (S. Baker and I. Matthews, "Lucas-Kanade 20 years on", IJCV 56(3), 2004, with the
template's gradients, so that everything costly is computed once), after slow changes of light are filtered out. It
begins where the mesh has put the face, which is off by a tenth of its size where a mouth opens or a brim hides the
forehead: so the common motion is found first, alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.liveness.patch import STILL, Floats, Matrix, filtered, laid_over, working_scale
from edge.vision.liveness.places import depth_map, places, slope
from edge.vision.liveness.sharpness import equally_sharp
from edge.vision.mesh import OVAL

_WORKING_EYE_PX = 40.0
ROUNDS = 5
"""Of all numbers at once, after `_FIRST_ROUNDS` of the common motion alone. With four and none of that alone, v was 2°
and more from where it ends in half of the pairs of those who had ended in doubt."""
_FIRST_ROUNDS, _FEW = 3, 3  # the common motion: every third place does
_MARGIN = 0.15  # of the face's width, around the crop
_LEAST_PX, _LEAST_PLACES = 24.0, 300
_BEYOND = 0.1  # of a face's width or height, beyond the picture: whoever stands near loses his chin
_CLIP = 3.0  # residuals beyond so many sigmas do not count: glare, hair
_LEAST_SPREAD = 0.1  # grey levels squared: what rounding leaves of a picture without noise
_LEAST_ALIKE = 0.6
"""Correlation of template and picture after one round; below it is something else. Of 2,235 pictures of living people
of the tuning and the outer set, up to 8° and a second from the template, none has less, and one in 118 of those who are
smeared; somebody else's face has more in one case of 35, of 17 where both are smeared."""
_LEAST_LEFT = 0.3  # of the template's squared slopes: where a smear has taken more, the rest is bent by it
_DEGREE = 4
_SHEET = 15  # terms of a polynomial of fourth degree in x and y, for each direction
_TURN = slice(2 * _SHEET, 2 * _SHEET + 2)
_COMMON = [0, 1, 2, _SHEET, _SHEET + 1, _SHEET + 2]
_PART_PX = 8


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The template laid over a picture. `matrix`: 2 × 3, the face's common motion in picture pixels. `turn`: v, in
    radians, and `information`: 2 × 2, the inverse of its covariance, as the differences that are left tell it.
    """

    matrix: Matrix
    turn: Matrix
    information: Matrix


class Template:
    """The face in one frame. Raises ValueError where it is too small or cut off to be followed, and where it shows no
    texture: numpy.linalg.LinAlgError is one.
    """

    def __init__(self, face: Face) -> None:
        if not np.isfinite(face.points).all():
            raise ValueError("too small to be followed")
        mesh = face.points[:, :2].astype(np.float64)
        oval = mesh[OVAL]
        low, high = oval.min(axis=0), oval.max(axis=0)
        margin = _MARGIN * (high[0] - low[0])
        if min(high - low) < _LEAST_PX:
            raise ValueError("too small to be followed")
        self._scale = working_scale(face.eye_px, _WORKING_EYE_PX)
        self._origin = low - margin
        width, height = (int(n) for n in np.ceil((high - low + 2 * margin) * self._scale))
        self._size = (width, height)
        beyond = _BEYOND * (high - low)
        if (low < -beyond).any() or (high > face.picture.shape[1::-1] + beyond).any():
            raise ValueError("cut off")
        self.mesh = mesh
        ones = np.column_stack([mesh, np.ones(len(mesh))])
        self._solve = np.linalg.inv(ones.T @ ones) @ ones.T
        image = self._lay(face.picture, STILL)
        across, down = slope(image, 1, 0), slope(image, 0, 1)
        working = ((mesh - self._origin) * self._scale).astype(np.float32)
        depth = depth_map(self._size, working, face.points[:, 2] * self._scale)
        edges = np.array([[0.0, 0.0], face.picture.shape[1::-1]]) - self._origin
        self._at = places(working, depth, across, down, edges * self._scale)
        if len(self._at) < _LEAST_PLACES:
            raise ValueError("too small to be followed")
        eye = face.eye_px * self._scale
        middle = working[OVAL].mean(axis=0)
        rows, columns = np.divmod(self._at, width)
        x, y = ((columns - middle[0]) / eye).astype(np.float32), ((rows - middle[1]) / eye).astype(np.float32)
        z = depth.reshape(-1)[self._at] / eye
        z -= z.mean()
        self._columns, self._rows = columns.astype(np.float32), rows.astype(np.float32)
        self._eye = eye
        self._middle = middle.astype(np.float64) / self._scale + self._origin
        # By rising degree: 1, x, y and so on; `_common` needs the first three.
        of_x, of_y = _powers(x), _powers(y)
        smooth = [of_x[degree - n] * of_y[n] for degree in range(_DEGREE + 1) for n in range(degree + 1)]
        self._basis = np.stack([*smooth, z, z * x, z * y]).astype(np.float32)
        self._image = image
        across, down = across.reshape(-1)[self._at], down.reshape(-1)[self._at]
        sheet, head = self._basis[:_SHEET], self._basis[_SHEET:]
        depth_moves = [head[0] * across, head[0] * down, head[1] * across + head[2] * down]
        self._steep = np.concatenate([sheet * across, sheet * down, depth_moves]) * np.float32(eye)
        self._inverse = _inverse(self._steep)
        self._few = np.ascontiguousarray(self._steep[_COMMON, ::_FEW])
        self._few_inverse = _inverse(self._few)
        self._pull = self._inverse[_TURN].astype(np.float32) @ self._steep
        self._part = rows // _PART_PX * (width // _PART_PX + 1) + columns // _PART_PX

    def lay(self, face: Face, rounds: int = ROUNDS) -> Laid | None:
        """Lay it over another frame of the same face; None where that does not look like it. `rounds`: one does to see
        whether it does.
        """
        mesh = face.points[:, :2].astype(np.float64)
        if not np.isfinite(mesh).all():
            return None
        matrix = np.asarray((self._solve @ mesh).T)
        area = float(np.linalg.det(matrix[:, :2]))
        if not 0.3 < area < 3.3:
            return None
        mine, theirs, left = equally_sharp(self._image, self._lay(face.picture, matrix), self._at)
        wanted = mine.reshape(-1)[self._at]
        if left < _LEAST_LEFT:
            return None
        found, seen, off = self._fit(wanted, theirs, rounds, 1.0 / math.sqrt(left))
        shown = math.sqrt(float(np.square(seen).mean()) * float(np.square(wanted).mean()))
        if not float((seen * wanted).mean()) >= _LEAST_ALIKE * max(shown, 1e-6):  # nor what is no number
            return None
        return Laid(self._common(matrix, found), found[_TURN], self._information(off) * left)

    def went(self, motion: Matrix) -> float:
        """How far a motion takes the middle of the face, in eye distances."""
        gone = motion[:, :2] @ self._middle + motion[:, 2] - self._middle
        return float(np.hypot(*gone)) * self._scale / self._eye

    def _information(self, off: Floats) -> Matrix:
        """Of the turn, from the differences that are left. They are no white noise: one nostril that does not fit is
        wrong in thirty pixels. So each part of the face counts as one (K.-Y. Liang and S. L. Zeger, Biometrika 73,
        1986).
        """
        pulls = np.array([np.bincount(self._part, pull * off) for pull in self._pull])
        least = self._pull @ self._pull.T * _LEAST_SPREAD
        return np.asarray(np.linalg.inv(pulls @ pulls.T + least))

    def _fit(self, wanted: Floats, image: Floats, rounds: int, stride: float) -> tuple[Matrix, Floats, Floats]:
        """The numbers of sheet and head, what the picture shows by them, and the differences that they leave. `wanted`:
        the template's values; `stride`: how much further a step has to go because they were blurred.
        """
        found = np.zeros(2 * _SHEET + 3)
        found[_COMMON] = self._first(wanted, image, stride)
        seen, left = wanted, wanted
        for _ in range(rounds):
            ways = np.zeros((2, _SHEET + 3), np.float32)
            ways[0, :_SHEET], ways[1, :_SHEET] = found[:_SHEET], found[_SHEET : 2 * _SHEET]
            ways[:, -3], ways[0, -2], ways[1, -1] = found[-3:-1], found[-1], found[-1]
            moved = (ways @ self._basis) * np.float32(self._eye)
            seen = _seen(image, self._columns + moved[0], self._rows + moved[1])
            left = seen - wanted
            limit = _CLIP * 1.4826 * float(np.median(np.abs(left[::7])))
            left = np.clip(left, -limit, limit)
            found -= stride * (self._inverse @ (self._steep @ left).astype(np.float64))
        return found, seen, left

    def _first(self, wanted: Floats, image: Floats, stride: float) -> Matrix:
        """The common motion alone, as six numbers. All at once would bend the sheet to make up for a shift of a few
        pixels, and not find back.
        """
        columns, rows, basis = self._columns[::_FEW], self._rows[::_FEW], self._basis[:3, ::_FEW]
        wanted, found = wanted[::_FEW], np.zeros(6)
        for _ in range(_FIRST_ROUNDS):
            moved = (found.reshape(2, 3).astype(np.float32) @ basis) * np.float32(self._eye)
            left = _seen(image, columns + moved[0], rows + moved[1]) - wanted
            found -= stride * (self._few_inverse @ (self._few @ left).astype(np.float64))
        return found

    def _common(self, matrix: Matrix, found: Matrix) -> Matrix:
        """The mesh's motion corrected by what the texture's is found to be, without its bends."""
        shear = np.array([found[1:3], found[_SHEET + 1 : _SHEET + 3]])
        shift = np.array([found[0], found[_SHEET]]) * self._eye / self._scale - shear @ self._middle
        return np.column_stack([matrix[:, :2] @ (np.eye(2) + shear), matrix[:, :2] @ shift + matrix[:, 2]])

    def _lay(self, picture: Picture, matrix: Matrix) -> Floats:
        """The part of a picture that the template covers when its points moved by `matrix`, filtered."""
        return filtered(laid_over(picture, matrix, self._origin, self._scale, self._size))


def _inverse(steep: Floats) -> Matrix:
    """Of the normal matrix of least squares, with a little added for what stripes leave open."""
    normal = (steep @ steep.T).astype(np.float64)
    return np.asarray(np.linalg.inv(normal + np.diag(np.diag(normal)) * 1e-4))


def _seen(image: Floats, columns: Floats, rows: Floats) -> Floats:
    """What the image shows at these places, between pixels as well."""
    shown = cv2.remap(image, columns[:, None], rows[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shown, np.float32).reshape(-1)


def _powers(values: Floats) -> list[Floats]:
    found = [np.ones_like(values)]
    for _ in range(_DEGREE):
        found.append(found[-1] * values)
    return found
