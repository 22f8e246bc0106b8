"""What lies around a face, compared with a moment ago in two ways: as if it stood still, as if it moved with the face.

Corners that could be followed are rare on walls and doors, so every cell of a few pixels is asked which of the two
explains it, and only whether the difference is beyond the camera's noise. A cell without texture explains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.faces import Face
from edge.vision.liveness.patch import STILL, Floats, Matrix, laid_over, working_scale
from edge.vision.mesh import OVAL

_WORKING_EYE_PX = 40.0
_CELL = 8  # working pixels, square
_ASIDE, _ABOVE, _BELOW = 1.9, 1.5, 2.4  # how far is looked, in widths and heights of the face's oval
_SMOOTH = 0.8
_QUIET, _LOUD = 3.0, 6.0  # times the noise: up to the first nothing has changed, from the second on something has
_LEAST_NOISE = 0.3  # grey levels squared
_NOISE_PERCENTILE = 20
_LEAST_PART = 4  # cells of something that moves on its own; fewer are noise
# Zones, in the oval's widths and heights from its middle. `_CROWN`: what is
# surely a part of the head, `_HAIR`: as far as it may reach, hats included; both in half ovals.
_CROWN, _HAIR = 1.5, 1.9
_NECK, _CHEST, _SHOULDER = 0.2, 0.65, 0.6


@dataclass(frozen=True, slots=True)
class Split:
    """How many cells beside and above the head stood still, or moved: with the face, or otherwise. `apart`: those of
    the moving ones that hang together with no other that reaches the head. `chest_still`, `chest_moved`: of the column
    below the chin. `head`: how many cells the face itself takes.
    """

    still: int
    along: int
    other: int
    apart: int
    chest_still: int
    chest_moved: int
    head: int


class Around:
    """The surroundings of a face in one frame."""

    def __init__(self, face: Face) -> None:
        oval = face.points[OVAL, :2].astype(np.float64)
        low, high = oval.min(axis=0), oval.max(axis=0)
        middle, extent = (low + high) / 2, np.maximum(high - low, 1.0)
        self._scale = working_scale(face.eye_px, _WORKING_EYE_PX)
        size = np.array(face.picture.shape[1::-1])
        self._origin = np.floor(np.clip(middle - extent * (_ASIDE, _ABOVE), 0, size - 16))
        far = np.clip(middle + extent * (_ASIDE, _BELOW), self._origin + 16, size)
        columns, rows = (max(int(n), 1) for n in (far - self._origin) * self._scale / _CELL)
        self._cells = columns, rows
        self._size = columns * _CELL, rows * _CELL
        x = ((np.arange(columns) + 0.5) * _CELL / self._scale + self._origin[0] - middle[0]) / extent[0]
        y = ((np.arange(rows) + 0.5) * _CELL / self._scale + self._origin[1] - middle[1]) / extent[1]
        reach = 2.0 * np.hypot(*np.meshgrid(x, y))
        self._upper = np.broadcast_to(y[:, None] < _NECK, reach.shape)
        self._head, self._oval = reach < _CROWN, reach < 1.0
        self._beside = (reach > _HAIR) & (y[:, None] < _NECK)
        self._chest = (y[:, None] > _CHEST) & (np.abs(x)[None] < _SHOULDER)
        self._before = self._smoothed(face, STILL)

    def split(self, face: Face, motion: Matrix) -> Split:
        """Compare with another frame, into which the face moved by `motion` (2 × 3, picture pixels)."""
        stood = self._change(self._smoothed(face, STILL))
        went = self._change(self._smoothed(face, motion))
        noise = max(float(np.percentile(np.minimum(stood, went), _NOISE_PERCENTILE)), _LEAST_NOISE)
        still = (stood < _QUIET * noise) & (went > _LOUD * noise)
        along = (went < _QUIET * noise) & (stood > _LOUD * noise)
        other = (np.minimum(stood, went) >= _QUIET * noise) & (np.maximum(stood, went) > _LOUD * noise)
        moved = stood > _LOUD * noise
        beside, chest = self._beside, self._chest
        return Split(
            still=_count(still & beside),
            along=_count(along & beside),
            other=_count(other & beside),
            apart=self._apart(moved),
            chest_still=_count(still & chest),
            chest_moved=_count(moved & chest),
            head=_count(self._oval),
        )

    def _apart(self, moved: NDArray[np.bool_]) -> int:
        """What moves, and is no part of the figure: the rim of a screen, the edge of a sheet, somebody behind."""
        parts, labels = cv2.connectedComponents((moved & self._upper).astype(np.uint8), connectivity=8)
        sizes = np.bincount(labels[self._beside], minlength=parts)
        figure = np.unique(labels[self._head])
        sizes[0] = sizes[figure] = 0
        return int(sizes[sizes >= _LEAST_PART].sum())

    def _smoothed(self, face: Face, motion: Matrix) -> Floats:
        grey = laid_over(face.picture, motion, self._origin, self._scale, self._size)
        return np.asarray(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _SMOOTH))

    def _change(self, now: Floats) -> Floats:
        """The variance of each cell's difference: a lamp that flickers changes its mean, not its pattern."""
        change = now - self._before
        mean = cv2.resize(change, self._cells, interpolation=cv2.INTER_AREA)
        square = cv2.resize(change * change, self._cells, interpolation=cv2.INTER_AREA)
        return np.asarray(square - mean * mean, np.float32)


def _count(cells: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(cells))
