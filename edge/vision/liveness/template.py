"""The face of one frame, kept to be laid over those that follow: how did its texture move, as a sheet or as a head?

The mesh network draws a face in three dimensions also into a flat photograph of one. What cannot be drawn is how the
texture itself moves. In a perspective picture the displacement of a rigid surface's point p = (x, y) of depth z is
smooth in p, plus its depth times what says how the view has changed:

    d(p) = s(p) + z(p) · (v + w p)

On a plane z is linear in p, on a bent sheet quadratic and a little more, so there all lies within a polynomial s of
fourth degree; on a head the nose, its wings, the sockets and the cheeks stand out of it. v is the turn of the view
in radians. All 33 numbers are found at once from all pixels of the face, by least squares between the template and
the new picture laid over it (S. Baker and I. Matthews, "Lucas-Kanade 20 years on", IJCV 56(3), 2004, with the
template's gradients, so that everything costly is computed once), after slow changes of light are filtered out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.liveness.patch import STILL, Floats, Matrix, laid_over, working_scale

_WORKING_EYE_PX = 40.0
OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149]
OVAL += [150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]  # MediaPipe's face oval
# What moves by itself: the lids with what lies around them, and the lips.
_EYES, _EYE = ((33, 133), (362, 263)), (0.85, 0.62)  # half axes of what is left out around an eye, in eye's widths
_LIPS, _LIPS_GROWN = [61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91], 1.15
_FINE, _COARSE = 1.2, (13, 13)
"""Detail between them is compared. Working pixels: a sigma, and a box taken twice, as wide as a sigma of 5.3."""
_ROUNDS = 4
_MOST_PX = 3000  # of those with the steepest gradients, which say nearly all: time is bounded
_MARGIN = 0.15  # of the face's width, around the crop
_REACH = 0.03  # of the crop's width: sigma of the weights with which vertices give their depth to pixels
_LEAST_PX = 24.0
_CLIP = 3.0  # residuals beyond so many sigmas do not count: glare, hair
_LEAST_SPREAD = 0.1  # grey levels squared: what rounding leaves of a picture without noise
_LEAST_ALIKE = 0.5
"""Correlation of template and picture; below it is something else. The frames of 42 living people of the tuning and the
outer set have more but for one in 200, somebody else's face in one case of nine."""
_DEGREE = 4
_SHEET = 15  # terms of a polynomial of fourth degree in x and y, for each direction


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The template laid over a picture. `matrix`: 2 × 3, the face's common motion in picture pixels. `turn`: v, in
    radians, and `information`: 2 × 2, the inverse of its covariance were there only the camera's noise.
    """

    matrix: Matrix
    turn: Matrix
    information: Matrix


class Template:
    """The face in one frame. Raises ValueError where it is too small or cut off to be followed."""

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
        inside = (self._origin >= 0).all() and (high + margin <= face.picture.shape[1::-1]).all()
        if not inside:
            raise ValueError("cut off")
        self.mesh = mesh
        ones = np.column_stack([mesh, np.ones(len(mesh))])
        self._solve = np.linalg.inv(ones.T @ ones) @ ones.T
        image = self._lay(face.picture, STILL)
        across = np.asarray(cv2.Sobel(image, cv2.CV_32F, 1, 0, ksize=3, scale=0.125), np.float32)
        down = np.asarray(cv2.Sobel(image, cv2.CV_32F, 0, 1, ksize=3, scale=0.125), np.float32)
        working = ((mesh - self._origin) * self._scale).astype(np.float32)
        self._at = _steepest(_mask(self._size, working), across, down)
        eye = face.eye_px * self._scale
        middle = working[OVAL].mean(axis=0)
        rows, columns = np.divmod(self._at, width)
        x, y = ((columns - middle[0]) / eye).astype(np.float32), ((rows - middle[1]) / eye).astype(np.float32)
        z = _depth(self._size, working, face.points[:, 2] * self._scale).reshape(-1)[self._at] / eye
        z -= z.mean()
        self._columns, self._rows = columns.astype(np.float32), rows.astype(np.float32)
        self._eye = eye
        self._middle = middle.astype(np.float64) / self._scale + self._origin
        # By rising degree: 1, x, y and so on; `_common` needs the first three.
        of_x, of_y = _powers(x), _powers(y)
        smooth = [of_x[degree - n] * of_y[n] for degree in range(_DEGREE + 1) for n in range(degree + 1)]
        self._basis = np.column_stack([*smooth, z, z * x, z * y]).astype(np.float32)
        self._image = image.reshape(-1)[self._at]
        across, down = across.reshape(-1)[self._at], down.reshape(-1)[self._at]
        sheet, head = self._basis[:, :_SHEET], self._basis[:, _SHEET:]
        self._steep = np.ascontiguousarray(
            np.vstack(
                [
                    sheet.T * across, sheet.T * down, head[:, 0] * across, head[:, 0] * down,
                    head[:, 1] * across + head[:, 2] * down,
                ]
            )
            * eye,
            np.float32,
        )  # fmt: skip
        normal = (self._steep @ self._steep.T).astype(np.float64)
        normal += np.diag(np.diag(normal)) * 1e-4
        self._inverse = np.linalg.inv(normal)
        turn = slice(2 * _SHEET, 2 * _SHEET + 2)
        self._information = np.linalg.inv(self._inverse[turn, turn])
        self._power = float(np.square(self._image).mean())

    def lay(self, face: Face, rounds: int = _ROUNDS) -> Laid | None:
        """Lay it over another frame of the same face; None where that does not look like it. `rounds`: half of them
        do to see whether it does.
        """
        mesh = face.points[:, :2].astype(np.float64)
        if not np.isfinite(mesh).all():
            return None
        matrix = np.asarray((self._solve @ mesh).T)
        area = float(np.linalg.det(matrix[:, :2]))
        if not 0.3 < area < 3.3:
            return None
        image = self._lay(face.picture, matrix)
        found, seen, left = self._fit(image, rounds)
        spread = float(np.square(left).mean())
        shown = math.sqrt(float(np.square(seen).mean()) * self._power)
        alike = float((seen * self._image).mean()) / max(shown, 1e-6)
        if not alike >= _LEAST_ALIKE:  # nor what is no number
            return None
        turn = found[2 * _SHEET : 2 * _SHEET + 2]
        return Laid(self._common(matrix, found), turn, self._information / max(spread, _LEAST_SPREAD))

    def went(self, motion: Matrix) -> float:
        """How far a motion takes the middle of the face, in eye distances."""
        gone = motion[:, :2] @ self._middle + motion[:, 2] - self._middle
        return float(np.hypot(*gone)) * self._scale / self._eye

    def _fit(self, image: Floats, rounds: int) -> tuple[Matrix, Floats, Floats]:
        """The numbers of sheet and head, what the picture shows by them, and the differences that they leave."""
        found = np.zeros(2 * _SHEET + 3)
        seen, left = self._image, self._image
        for _ in range(rounds):
            ways = np.zeros((_SHEET + 3, 2), np.float32)
            ways[:_SHEET, 0], ways[:_SHEET, 1] = found[:_SHEET], found[_SHEET : 2 * _SHEET]
            ways[-3], ways[-2, 0], ways[-1, 1] = found[-3:-1], found[-1], found[-1]
            moved = (self._basis @ ways) * np.float32(self._eye)
            columns, rows = (self._columns + moved[:, 0])[:, None], (self._rows + moved[:, 1])[:, None]
            seen = np.asarray(
                cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
            ).reshape(-1)
            left = seen - self._image
            limit = _CLIP * 1.4826 * float(np.median(np.abs(left[::7])))
            left = np.clip(left, -limit, limit)
            found -= self._inverse @ (self._steep @ left).astype(np.float64)
        return found, seen, left

    def _common(self, matrix: Matrix, found: Matrix) -> Matrix:
        """The mesh's motion corrected by what the texture's is found to be, without its bends."""
        shear = np.array([found[1:3], found[_SHEET + 1 : _SHEET + 3]])
        shift = np.array([found[0], found[_SHEET]]) * self._eye / self._scale - shear @ self._middle
        return np.column_stack([matrix[:, :2] @ (np.eye(2) + shear), matrix[:, :2] @ shift + matrix[:, 2]])

    def _lay(self, picture: Picture, matrix: Matrix) -> Floats:
        """The part of a picture that the template covers when its points moved by `matrix`, filtered."""
        return _filtered(laid_over(picture, matrix, self._origin, self._scale, self._size))


def _powers(values: Floats) -> list[Floats]:
    found = [np.ones_like(values)]
    for _ in range(_DEGREE):
        found.append(found[-1] * values)
    return found


def _filtered(grey: NDArray[np.uint8]) -> Floats:
    """Without noise and without slow light, in units of the local contrast's size."""
    image = grey.astype(np.float32)
    coarse = cv2.blur(cv2.blur(image, _COARSE), _COARSE)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), _FINE) - coarse, np.float32)


def _steepest(mask: NDArray[np.uint8], across: Floats, down: Floats) -> NDArray[np.intp]:
    """Where the template is compared: as many places in the mask as time allows."""
    places = np.flatnonzero(mask)
    if len(places) <= _MOST_PX:
        return places
    steep = np.square(across.reshape(-1)[places]) + np.square(down.reshape(-1)[places])
    return np.sort(places[np.argpartition(steep, -_MOST_PX)[-_MOST_PX:]])


def _mask(size: tuple[int, int], mesh: Floats) -> NDArray[np.uint8]:
    mask = np.zeros(size[::-1], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(mesh[OVAL].astype(np.int32)), 1)
    for outer, inner in _EYES:
        wide = float(np.hypot(*(mesh[outer] - mesh[inner])))
        x, y = (float(n) for n in (mesh[outer] + mesh[inner]) / 2)
        lean = float(np.degrees(np.arctan2(*(mesh[inner] - mesh[outer])[::-1])))
        cv2.ellipse(mask, ((x, y), (2 * _EYE[0] * wide, 2 * _EYE[1] * wide), lean), (0,), -1)
    middle = mesh[_LIPS].mean(axis=0)
    grown = middle + _LIPS_GROWN * (mesh[_LIPS] - middle)
    cv2.fillConvexPoly(mask, cv2.convexHull(grown.astype(np.int32)), 0)
    return mask


def _depth(size: tuple[int, int], mesh: Floats, depth: Floats) -> Floats:
    """The mesh's depth everywhere: a mean of the vertices near by, with Gaussian weights."""
    columns, rows = np.clip(np.rint(mesh).astype(np.intp), 0, np.array(size) - 1).T
    sums, counts = np.zeros(size[::-1], np.float32), np.zeros(size[::-1], np.float32)
    np.add.at(sums, (rows, columns), depth)
    np.add.at(counts, (rows, columns), np.float32(1.0))
    sigma = _REACH * size[0]
    counts = np.asarray(cv2.GaussianBlur(counts, (0, 0), sigma))
    return np.asarray(cv2.GaussianBlur(sums, (0, 0), sigma) / np.maximum(counts, 1e-9), np.float32)
