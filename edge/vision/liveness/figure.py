"""Is there somebody's figure before the empty view, and nothing else?

Beside and above somebody's head one sees what one sees when nobody is there; below the chin one does not, down to the
lower edge of the picture. A print brings its own background or at least a margin, a screen its bezel and the film's
view, and both end above the ground. What is cut out along hair and shoulders and held before somebody's chest has
the right figure, and is left to `geometry`. So is what has no margin and ends below the picture: of who stands so
near and low that no chest is in view only the head is judged, because there is nothing else to judge.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from edge.vision.faces import Face
from edge.vision.liveness.cells import COLUMNS, ROWS, Cells
from edge.vision.liveness.cue import EVIDENCE_S, Seen
from edge.vision.liveness.view import EmptyView
from edge.vision.mesh import OVAL

_EVERY_S = 0.095  # neighbouring frames show much the same
_FRAMES = 3  # before anything is said; their median counts, so that one bad frame is none
# Shares from which on the score passes. On the sets that limits are chosen on the living have 0.97 and 0.79 or more but
# for one in the wall's own colour; what is cut out along hair and shoulders and held before nobody has 0.54 below.
_AROUND, _BELOW = 0.95, 0.7
_FEWEST_CELLS = 12
# In widths and heights of the face's oval from its middle; in half ovals `_HAIR`, as far as hair and hats may reach,
# and `_RIM`, up to where the corners of a narrow sheet show.
_HAIR, _RIM, _ASIDE, _ABOVE, _NECK = 1.9, 2.6, 2.0, 1.6, 0.2
_CHEST, _DEEP, _SHOULDER = 0.75, 2.6, 0.5
_BODY_FROM, _BODY_WIDE = 0.4, 2.4  # what hides the view for certain: nothing is said about the light there


class Figure:
    """0.5 where just enough shows the empty view beside and above the head, or just enough hides it below the chin."""

    name = "figure"
    passes = 0.5
    fails = -1.0

    def __init__(self, view: EmptyView) -> None:
        self._view = view
        self._frames: deque[tuple[float, Hidden]] = deque(maxlen=128)
        self._last_s = float("-inf")

    def observe(self, seen: Seen) -> None:
        while self._frames and not 0.0 <= seen.now_s - self._frames[0][0] <= EVIDENCE_S:
            self._frames.popleft()
        if 0.0 <= seen.now_s - self._last_s < _EVERY_S:
            return
        self._last_s = seen.now_s
        found = hidden(self._view, seen.face)
        if found is not None:
            self._frames.append((seen.now_s, found))

    def score(self) -> float | None:
        # A chest that was seen counts, so that nobody need only lower a sheet to hide where it ends.
        if len(self._frames) < _FRAMES:
            return None
        around = _score([found.around for _, found in self._frames], _AROUND)
        chests = [found.below for _, found in self._frames if found.below is not None]
        return min(around, _score(chests, _BELOW)) if chests else around


@dataclass(frozen=True, slots=True)
class Hidden:
    """`around`: the share of the known cells beside and above the head that show the empty view, or of those right at
    the head, whichever is less; `below`: of those below the chin that do not, None where the picture ends above them.
    """

    around: float
    below: float | None


def hidden(view: EmptyView, face: Face) -> Hidden | None:
    """None where too little is known or in view; of the chest, unless the picture ends above it."""
    oval = face.points[OVAL, :2].astype(np.float64)
    low, high = oval.min(axis=0), oval.max(axis=0)
    middle, extent = (low + high) / 2, np.maximum(high - low, 1.0)
    height, width = face.picture.shape[:2]
    x = (((np.arange(COLUMNS) + 0.5) * width / COLUMNS - middle[0]) / extent[0])[None]
    y = (((np.arange(ROWS) + 0.5) * height / ROWS - middle[1]) / extent[1])[:, None]
    reach = 2.0 * np.hypot(x, y)
    around = (reach > _HAIR) & (np.abs(x) < _ASIDE) & (y > -_ABOVE) & (y < _NECK)
    below = (np.abs(x) < _SHOULDER) & (y > _CHEST) & (y < _DEEP)
    body = (reach < _HAIR) | ((np.abs(x) < _BODY_WIDE) & (y > _BODY_FROM))
    compared = view.compare(face.picture, body)
    if compared is None:
        return None
    rim = compared.known & around & (reach < _RIM)
    shown, close = _share(compared.same, compared.known & around), _share(compared.same, rim)
    bare = _share(compared.alike, compared.known & below)
    if shown is None or close is None:
        return None
    if bare is not None:
        return Hidden(min(shown, close), 1.0 - bare)
    # A head alone must show nearly all of its rim, which has 1.4 times the cells of the oval's box.
    box = float(extent.prod()) * COLUMNS * ROWS / (width * height)
    in_view = np.count_nonzero(below) >= _FEWEST_CELLS
    return None if in_view or np.count_nonzero(rim) < box else Hidden(min(shown, close), None)


def _share(which: Cells, zone: Cells) -> float | None:
    cells = int(np.count_nonzero(zone))
    return int(np.count_nonzero(which & zone)) / cells if cells >= _FEWEST_CELLS else None


def _score(shares: list[float], enough: float) -> float:
    """0.5 where their median (the lower of two) is just enough, [0, 1]."""
    share = sorted(shares)[(len(shares) - 1) // 2]
    return 0.5 * share / enough if share < enough else 0.5 + 0.5 * (share - enough) / (1.0 - enough)
