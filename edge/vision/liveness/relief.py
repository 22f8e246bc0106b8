"""How did the texture of a face move, as a sheet or as a head?

The mesh network draws a face in three dimensions also into a flat photograph of one. What cannot be drawn is how the
texture itself moves. In a perspective picture the displacement of a rigid surface's point p = (x, y) of depth z is
smooth in p, plus its depth times what says how the view has changed:

    d(p) = s(p) + z(p) · (v + w p)

On a plane z is linear in p, on a bent sheet quadratic and a little more, so there all lies within a polynomial s of
fourth degree; on a head the nose, its wings, the sockets and the cheeks stand out of it. v is the turn of the view
in radians. All 33 numbers are found at once from all pixels of the face, as the template finds the common motion, and
from there on: all at once from the beginning would bend the sheet to make up for a shift of a few pixels, and not find
back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.vision.liveness.patch import Floats, Matrix
from edge.vision.liveness.template import Match, Template, inverse, likeness, seen_at

_ROUNDS = 8
_SETTLED = 0.002
"""Radians of a step of v that is the last one: half of the pairs are done after six rounds, 0.7 after eight."""
_CLIP = 3.0  # residuals beyond so many sigmas do not count: glare, hair
_LEAST_ALIKE = 0.6  # correlation of both; below it is something else
_LEAST_SPREAD = 0.1  # grey levels squared: what rounding leaves of a picture without noise
_DEGREE = 4
_SHEET = 15  # terms of a polynomial of fourth degree in x and y, for each direction
_TURN = slice(2 * _SHEET, 2 * _SHEET + 2)
_COMMON = [0, 1, 2, _SHEET, _SHEET + 1, _SHEET + 2]
_PART_PX = 8


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The template laid over another one. `turn`: v, in radians, and `information`: 2 × 2, the inverse of its
    covariance, as the differences that are left tell it.
    """

    turn: Matrix
    information: Matrix


class Relief:
    """What a template would show if it were moved as sheets and as heads are. Raises numpy.linalg.LinAlgError, which is
    a ValueError, where its texture cannot tell.
    """

    def __init__(self, template: Template) -> None:
        self.template = template
        x, y, z = template.x, template.y, template.z
        # By rising degree: 1, x, y and so on, of which `_COMMON` is the beginning.
        of_x, of_y = _powers(x), _powers(y)
        smooth = [of_x[degree - n] * of_y[n] for degree in range(_DEGREE + 1) for n in range(degree + 1)]
        self._basis = np.stack([*smooth, z, z * x, z * y])
        sheet, head = self._basis[:_SHEET], self._basis[_SHEET:]
        across, down = template.across, template.down
        depth_moves = [head[0] * across, head[0] * down, head[1] * across + head[2] * down]
        self._steep = np.concatenate([sheet * across, sheet * down, depth_moves]) * np.float32(template.eye)
        self._inverse = inverse(self._steep)
        self._pull = self._inverse[_TURN].astype(np.float32) @ self._steep
        rows, columns = (one.astype(np.intp) // _PART_PX for one in (template.rows, template.columns))
        self._part = rows * (int(columns.max()) + 1) + columns

    def lay(self, other: Template) -> Laid | None:
        """Lay it over another frame of the same face; None where that does not look like it."""
        match = self.template.match(other)
        if match is None:
            return None
        found, seen, off = self._fit(match)
        if not likeness(seen, match.wanted) >= _LEAST_ALIKE:  # nor what is no number
            return None
        return Laid(found[_TURN], self._information(off) * match.left)

    def _fit(self, match: Match) -> tuple[Matrix, Floats, Floats]:
        """The numbers of sheet and head, what the picture shows by them, and the differences that they leave."""
        template, found = self.template, np.zeros(2 * _SHEET + 3)
        found[_COMMON] = match.common
        seen = left = match.wanted
        for _ in range(_ROUNDS):
            ways = np.zeros((2, _SHEET + 3), np.float32)
            ways[0, :_SHEET], ways[1, :_SHEET] = found[:_SHEET], found[_SHEET : 2 * _SHEET]
            ways[:, -3], ways[0, -2], ways[1, -1] = found[-3:-1], found[-1], found[-1]
            across, down = (ways @ self._basis) * np.float32(template.eye)
            seen = seen_at(match.image, template.columns + across, template.rows + down)
            left = seen - match.wanted
            some = np.abs(left[::7])
            limit = _CLIP * 1.4826 * float(np.partition(some, len(some) // 2)[len(some) // 2])
            left = np.clip(left, -limit, limit)
            step = match.stride * (self._inverse @ (self._steep @ left).astype(np.float64))
            found -= step
            if np.abs(step[_TURN]).max() < _SETTLED:
                break
        return found, seen, left

    def _information(self, off: Floats) -> Matrix:
        """Of the turn, from the differences that are left. They are no white noise: one nostril that does not fit is
        wrong in thirty pixels. So each part of the face counts as one (K.-Y. Liang and S. L. Zeger, Biometrika 73,
        1986).
        """
        pulls = np.array([np.bincount(self._part, pull * off) for pull in self._pull])
        least = self._pull @ self._pull.T * _LEAST_SPREAD
        return np.asarray(np.linalg.inv(pulls @ pulls.T + least))


def _powers(values: Floats) -> list[Floats]:
    found = [np.ones_like(values)]
    for _ in range(_DEGREE):
        found.append(found[-1] * values)
    return found
