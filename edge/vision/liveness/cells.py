"""A frame in coarse cells: what they show, in which light, and how far that is from what they showed before.

Cells are kept as log colours, so that a change of exposure is nearly a straight line, fitted anew for every frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture

COLUMNS, ROWS = 80, 60
Cells = NDArray[np.bool_]
"""ROWS × COLUMNS."""
Colours = NDArray[np.float32]
"""3 × ROWS × COLUMNS, natural logarithms."""

_DARK = 2.0  # levels added before the logarithm
_RIDGE = 0.01  # log levels squared: a bare wall has no range of brightness to fit a slope by
_INLIER = 0.15
_FEWEST = 0.1  # of all cells must be left to fit the light by
_SOME = (slice(None, None, 2), slice(None, None, 2))  # every fourth is enough for that
_MIDDLE = 4.6  # log of a middle grey
# Of the slopes to 0; of the level by less than a float can tell, so that there is a solution where no cell is near.
_TIES = np.diag(np.array([1e-6, 1.0, 1.0, 1.0], np.float32))
_PLACE = np.stack(
    [
        np.ones((ROWS, COLUMNS), np.float32),
        np.tile(np.linspace(-1.0, 1.0, COLUMNS, dtype=np.float32), (ROWS, 1)),
        np.repeat(np.linspace(-1.0, 1.0, ROWS, dtype=np.float32)[:, None], COLUMNS, axis=1),
    ]
)


def colours(picture: Picture) -> Colours:
    """The log colours of a picture's cells."""
    # Every other row is enough for the mean of a cell, and half the work.
    small = cv2.resize(picture[::2], (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cv2.log(small.astype(np.float32) + np.float32(_DARK)).transpose(2, 0, 1), np.float32)


def light(now: Colours, view: Colours, where: Cells) -> Colours | None:
    """What is to be added to a frame's log colours for the view's: for each channel a straight line of the
    brightness (exposure, tone curve) and of the place (a lamp at one side), by least squares without outliers.
    `where`: the cells that show the view as far as is known; None where they are too few.
    """
    asked = where[_SOME].reshape(-1)
    fewest = _FEWEST * asked.size
    if np.count_nonzero(asked) < fewest:
        return None
    bright = now - np.float32(_MIDDLE)
    wanted = (view - now)[:, *_SOME].reshape(3, -1)
    place = np.broadcast_to(_PLACE[:, *_SOME].reshape(3, 1, -1), (3, 3, asked.size))
    known = np.stack((*place, bright[:, *_SOME].reshape(3, -1)), axis=1)
    ties = np.float32(_RIDGE * np.count_nonzero(asked)) * _TIES
    found = np.zeros((3, 4, 1), np.float32)
    found[:, 0, 0] = np.median(wanted[:, asked], axis=1)
    for limit in (2 * _INLIER, _INLIER):
        near = (np.abs(wanted - (found.transpose(0, 2, 1) @ known)[:, 0]) < limit) & asked
        held = known * near[:, None]
        fitted = np.linalg.solve(held @ known.transpose(0, 2, 1) + ties, held @ wanted[..., None])
        enough = np.count_nonzero(near, axis=1) >= fewest
        found = np.where(enough[:, None, None], fitted, found)
    return (found[:, :3, 0] @ _PLACE.reshape(3, -1)).reshape(now.shape) + found[:, 3, :, None] * bright


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """How far cells differ in brightness and in colour, natural logarithms; `level`: by how much for one level."""

    luma: NDArray[np.float32]
    colour: NDArray[np.float32]
    level: NDArray[np.float32]

    def within(self, luma: float, colour: float, levels: float) -> Cells:
        """The cells that differ by less, and so many levels more."""
        slack = np.float32(levels) * self.level
        return np.asarray((self.luma < luma + slack) & (self.colour < colour + slack), np.bool_)


def change(one: Colours, other: Colours) -> Change:
    """Of `one`'s cells from `other`'s."""
    apart = one - other
    luma = (apart[0] + apart[1] + apart[2]) / np.float32(3.0)
    colour = np.maximum(np.abs(apart[0] - luma), np.abs(apart[2] - luma))
    return Change(np.abs(luma), colour, np.exp(-other[1]))
