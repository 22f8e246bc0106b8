"""What the camera sees when nobody is there, and where a frame still shows it.

The camera of a gate is screwed to a wall and looks at the same view for years. Whoever steps before it hides a part
of that view: a part of the shape of head, neck and shoulders. A sheet, a screen and the film on it hide more.

The view is kept in coarse cells and compared in the light of each frame. A cell is learned where it has been the same
for a while and no face is near: a little after the start, much more slowly where something else stays in its place, so
that nobody can hang up a screen, wait a moment and count as part of the wall; and slower yet when nearly all of it is
another view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.vision.geometry import Box
from edge.vision.liveness.cells import COLUMNS, ROWS, Cells, Colours, change, colours, light

_EVERY_S = 0.2  # what is learned over seconds need not be paid for in every frame
_STILL_EVERY_S = 1.0  # and less where nothing moves: at 0.2 s it was a quarter of an idle gate's load
_FIRST_S, _AGAIN_S, _OTHER_VIEW_S = 0.5, 60.0, 600.0
_OTHER_VIEW = 0.6  # of the known cells show something else
_FOLLOWS = 0.05  # of the way, each time: the sun moves, and noise is averaged
_SAME, _SAME_COLOUR = 0.07, 0.05
"""Natural logarithms: cells that differ by less show the same. A person's own soft shadow is mostly less."""
_LEVELS = 4.0  # and by so many levels in any case: in the dark there is nothing but noise and rounding
_ALIKE, _ALIKE_COLOUR, _ALIKE_LEVELS = 0.02, 0.015, 2.0  # and by less than this, are not to be told apart
_SPREAD = 2.5  # or by less than so many times what free cells do: camera, or fit of the light, are no better then
_ASIDE, _ABOVE = 3.0, 2.5  # in widths and heights of a face: what it may hide


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A frame against the empty view. `same`: shows what it does, but for a soft shadow; `alike`: cannot be told from
    it in this frame, as clothes of nearly the wall's colour can; `known`: of which cells it is known.
    """

    same: Cells
    alike: Cells
    known: Cells


class EmptyView:
    """`observe` every frame, `compare` those with a face. Not for two threads at once."""

    def __init__(self) -> None:
        self._view: Colours = np.zeros((3, ROWS, COLUMNS), np.float32)
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
        now = colours(picture)
        free = _free(faces, picture)
        added = light(now, self._view, self._known & free)
        seen = now if added is None else now + added
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
        now = colours(picture)
        free = self._known & ~apart
        added = light(now, self._view, free)
        if added is None or not self.known:
            return None
        found = change(now + added, self._view)
        same = found.within(_SAME, _SAME_COLOUR, _LEVELS) & self._known
        plain = same & free
        luma = _tolerance(found.luma[plain], _ALIKE, _SAME)
        colour = _tolerance(found.colour[plain], _ALIKE_COLOUR, _SAME_COLOUR)
        return Compared(same, found.within(luma, colour, _ALIKE_LEVELS) & same, self._known)


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


def _tolerance(apart: NDArray[np.float32], least: float, most: float) -> float:
    """Within which cells are alike, by how far those are apart that show the view for certain."""
    return min(max(_SPREAD * float(apart.mean()), least), most) if len(apart) else most


def _near(one: Colours, other: Colours) -> Cells:
    return change(one, other).within(_SAME, _SAME_COLOUR, _LEVELS)
