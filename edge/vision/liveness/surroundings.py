"""Does the face move before a background that stands still?

The camera of a gate is screwed to a wall, so what lies behind a visitor stands still to a tenth of a pixel while the
visitor moves. A sheet or a screen that is held up brings its own surroundings along: they move with the face, or at
least with the hand. Corners beside and above the face are followed and told apart: still, moving with the face (hair,
a sheet), moving otherwise (a screen in a hand, passers-by, edges that the head covers).
"""

from __future__ import annotations

import numpy as np

from edge.vision.liveness.cue import UNKNOWN, Evidence, Seen
from edge.vision.liveness.flow import Flow, affine, carry

STILL_PX = 0.35
_CLEAR_PX = 1.2  # how far a corner would have moved with the face, to count at all
_ALIKE = 0.25
_LEAST_AGE_S = 0.25
_LEAST_CORNERS = 6
_FRAMES = 3


class Surroundings:
    """The share of still corners among those that do not belong to the head. A blank wall says nothing, and a screen
    on a stand with a still background is not seen.
    """

    name = "surroundings"
    passes = 0.5
    fails = -1.0

    def __init__(self) -> None:
        self._shares = Evidence()

    def observe(self, seen: Seen) -> None:
        self._shares.forget(seen.now_s)
        flow = seen.flow
        if flow is None or flow.age_s < _LEAST_AGE_S:
            return
        share = still_share(flow)
        if share is not None:
            self._shares.add(share, seen.now_s)

    def score(self) -> float:
        values = self._shares.values()
        return UNKNOWN if len(values) < _FRAMES else float(np.median(values[-9:]))


def still_share(flow: Flow) -> float | None:
    """Still corners among still and otherwise moving ones, [0, 1]; None with too few of them."""
    motion = affine(flow.face_from, flow.face_to)
    if motion is None or not len(flow.around_from):
        return None
    along = carry(motion, flow.around_from)
    would = np.hypot(*(along - flow.around_from).T)
    went = np.hypot(*(flow.around_to - flow.around_from).T)
    off = np.hypot(*(flow.around_to - along).T)
    clear = would >= _CLEAR_PX
    with_face = clear & (off < np.maximum(STILL_PX, _ALIKE * would))
    still = clear & ~with_face & (went < STILL_PX)
    other = clear & ~with_face & ~still
    counted = int(np.count_nonzero(still) + np.count_nonzero(other))
    if counted < _LEAST_CORNERS:
        return None
    return float(np.count_nonzero(still)) / counted
