"""What the camera sees when nobody is there, and where a frame still shows it.

The camera of a gate is screwed to a wall and looks at the same view for years. Whoever steps before it hides a part
of that view: a part of the shape of head, neck and shoulders. A sheet, a screen and the film on it hide more.

The view is kept as the log colour of coarse cells, so that a change of exposure is nearly a straight line, fitted
anew for every frame. A cell is learned where it has been the same for a while and no face is near: a little after
the start, much more slowly where something else stays in its place, so that nobody can hang up a screen, wait a
moment and count as part of the wall; and slower yet when nearly all of it is another view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.vision.geometry import Box

COLUMNS, ROWS = 80, 60
_EVERY_S = 0.2  # what is learned over seconds need not be paid for in every frame
_STILL_EVERY_S = 1.0  # and less where nothing moves: at 0.2 s it was a quarter of an idle gate's load
_FIRST_S, _AGAIN_S, _OTHER_VIEW_S = 0.5, 60.0, 600.0
_OTHER_VIEW = 0.6  # of the known cells show something else
_FOLLOWS = 0.05  # of the way, each time: the sun moves, and noise is averaged
_DARK = 2.0  # levels added before the logarithm
_SAME, _SAME_COLOUR = 0.07, 0.05
"""Natural logarithms: cells that differ by less show the same. A person's own soft shadow is mostly less."""
_LEVELS = 4.0  # and by so many levels in any case: in the dark there is nothing but noise and rounding
_RIDGE = 0.01  # log levels squared: a bare wall has no range of brightness to fit a slope by
_INLIER = 0.15
_ASIDE, _ABOVE = 3.0, 2.5  # in widths and heights of a face: what it may hide
_FEWEST = 0.1  # of all cells must be left to fit the light by
_STRIDE = 3  # every third is enough for that

_MIDDLE = 4.6  # log of a middle grey
_TIES = np.diag(np.array([0.0, 1.0, 1.0, 1.0], np.float32))  # of the slopes to 0

Cells = NDArray[np.bool_]
"""ROWS × COLUMNS."""
_Colours = NDArray[np.float32]
_PLACE = np.stack(
    [
        np.ones(ROWS * COLUMNS, np.float32),
        np.tile(np.linspace(-1.0, 1.0, COLUMNS, dtype=np.float32), ROWS),
        np.repeat(np.linspace(-1.0, 1.0, ROWS, dtype=np.float32), COLUMNS),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A frame against the empty view. `same`: shows what it does; `known`: of which cells it is known."""

    same: Cells
    known: Cells


class EmptyView:
    """`observe` every frame, `compare` those with a face. Not for two threads at once."""

    def __init__(self) -> None:
        self._view: _Colours = np.zeros((3, ROWS, COLUMNS), np.float32)
        self._known: Cells = np.zeros((ROWS, COLUMNS), np.bool_)
        self._other = self._view.copy()
        self._other_s: NDArray[np.float32] = np.zeros((ROWS, COLUMNS), np.float32)
        self._last_s: float | None = None

    @property
    def known(self) -> bool:
        """Whether most of the view is."""
        return bool(np.count_nonzero(self._known) > self._known.size // 2)

    def observe(self, picture: Picture, now_s: float, faces: Sequence[Box], *, still: bool = False) -> None:
        """A frame taken at `now_s` (monotonic seconds), and the faces that were found in it: what lies around and below
        them is not learned. `still`: nothing moves in it.
        """
        every_s = _STILL_EVERY_S if still and self.known else _EVERY_S
        if self._last_s is not None and 0.0 <= now_s - self._last_s < every_s:
            return
        pause_s = 0.0 if self._last_s is None else min(max(now_s - self._last_s, 0.0), 1.0)
        self._last_s = now_s
        now = _colours(picture)
        free = _free(faces, picture)
        light = self._light(now, self._known & free)
        seen = now if light is None else now + light
        near = _near(seen, self._view) & self._known & free
        self._view += np.where(near, np.float32(_FOLLOWS), np.float32(0.0)) * (seen - self._view)
        stays = _near(seen, self._other) & free
        self._other_s = np.where(stays & ~near, self._other_s + np.float32(pause_s), np.float32(0.0))
        self._other = np.where(stays, self._other, seen)
        asked = np.count_nonzero(self._known & free)
        elsewhere = asked > 0 and np.count_nonzero(near) < (1.0 - _OTHER_VIEW) * asked
        again_s = _OTHER_VIEW_S if elsewhere else _AGAIN_S
        adopted = self._other_s >= np.where(self._known, np.float32(again_s), np.float32(_FIRST_S))
        self._view = np.where(adopted, seen, self._view)
        self._known = self._known | adopted

    def compare(self, picture: Picture, apart: Cells) -> Compared | None:
        """`apart`: cells that hide the view for certain, and say nothing about the light. None while too little of the
        view is known.
        """
        now = _colours(picture)
        light = self._light(now, self._known & ~apart)
        if light is None or not self.known:
            return None
        return Compared(_near(now + light, self._view) & self._known, self._known)

    def _light(self, now: _Colours, where: Cells) -> _Colours | None:
        """What is to be added to a frame's log colours for the view's: for each channel a straight line of the
        brightness (exposure, tone curve) and of the place (a lamp at one side), by least squares without outliers.
        """
        places = np.flatnonzero(where)[::_STRIDE]
        fewest = _FEWEST * where.size / _STRIDE
        if len(places) < fewest:
            return None
        change = (self._view - now).reshape(3, -1)
        added = np.empty_like(now).reshape(3, -1)
        for channel in range(3):
            terms = np.stack([*_PLACE, now[channel].reshape(-1) - _MIDDLE])
            known, wanted = terms[:, places], change[channel, places]
            found = np.array([np.median(wanted), 0.0, 0.0, 0.0], np.float32)
            for limit in (2 * _INLIER, _INLIER):
                near = np.abs(wanted - found @ known) < limit
                if np.count_nonzero(near) < fewest:
                    break
                held = known * near
                found = np.linalg.solve(held @ known.T + _RIDGE * len(places) * _TIES, held @ wanted)
            added[channel] = found @ terms
        return added.reshape(now.shape)


def _free(faces: Sequence[Box], picture: Picture) -> Cells:
    """All cells but those around and below a face."""
    free = np.ones((ROWS, COLUMNS), np.bool_)
    height, width = picture.shape[:2]
    for face in faces:
        x, y = face.centre
        left, right = ((x + side * _ASIDE * face.width) / width * COLUMNS for side in (-1, 1))
        top = (y - _ABOVE * face.height) / height * ROWS
        free[max(int(top), 0) :, max(int(left), 0) : max(int(right) + 1, 0)] = False
    return free


def _colours(picture: Picture) -> _Colours:
    cells = cv2.resize(picture, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.float32) + np.float32(_DARK)
    return np.ascontiguousarray(cv2.log(cells).transpose(2, 0, 1), np.float32)


def _near(one: _Colours, other: _Colours) -> Cells:
    change = one - other
    luma = (change[0] + change[1] + change[2]) / np.float32(3.0)
    colour = np.maximum(np.abs(change[0] - luma), np.abs(change[2] - luma))
    slack = np.float32(_LEVELS) * np.exp(-other[1])
    return np.asarray((np.abs(luma) < _SAME + slack) & (colour < _SAME_COLOUR + slack), np.bool_)
