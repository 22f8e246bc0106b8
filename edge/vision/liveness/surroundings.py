"""Does the face move before a background that stands still, and on a body?

The camera of a gate is screwed to a wall, so what lies behind a visitor stands still while the visitor moves, and what
lies below the chin moves along. A sheet or a screen that is held up brings its own surroundings: they move with the
face, or with the hand. A screen on a stand has still ones, but also below: there the film's body ends, and the wall
goes on.
"""

from __future__ import annotations

from collections import deque

from edge.vision.liveness.cue import EVIDENCE_S, Seen

_LEAST_AGE_S = 0.2
_FRAMES = 3
_LEAST_CELLS = 10
_BARE, _BARE_CELLS, _WENT = 0.6, 5.0, 0.06  # a bare wall: the score, moving cells at most, how far the face went
_CROWD = 0.8  # so many cells move beside the head, for each that the face takes: hair and hats have less
_NO_BODY = 0.25  # of the cells below the chin stand still
_SHEET, _SHEET_CELLS = 0.7, 40.0  # so large a part moves with the face, and so many cells


class Surroundings:
    """The share of the cells beside and above the head that stand still, of all that show anything; 0 where they move
    with the face as one, or where there is no body. Before a bare wall nothing stands out, but the edges of a sheet or
    a screen would as soon as the face has gone some way (in eye distances).
    """

    name = "surroundings"
    passes = 0.5
    fails = 0.0

    def __init__(self) -> None:
        self._frames: deque[tuple[float, float, int, int, int, int, int, int]] = deque(maxlen=128)

    def observe(self, seen: Seen) -> None:
        while self._frames and not 0.0 <= seen.now_s - self._frames[0][0] <= EVIDENCE_S:
            self._frames.popleft()
        if seen.flow is not None and seen.flow.split is not None and seen.flow.age_s >= _LEAST_AGE_S:
            split = seen.flow.split
            went = seen.flow.went
            row = went, split.still, split.along, split.other, split.chest_still, split.chest_moved, split.head
            self._frames.append((seen.now_s, *row))

    def score(self) -> float | None:
        if len(self._frames) < _FRAMES:
            return None
        frames = len(self._frames)
        went = max(frame[1] for frame in self._frames)
        still, along, other, chest_still, chest_moved, head = (
            sum(frame[place] for frame in self._frames) / frames for place in range(2, 8)
        )
        shown = still + along + other
        if along >= _SHEET_CELLS and along > _SHEET * shown:
            return 0.0
        if shown < _LEAST_CELLS:
            return _BARE if went >= _WENT and along + other <= _BARE_CELLS else None
        if along + other > _CROWD * head:
            return 0.02
        if chest_still > _NO_BODY * (chest_still + chest_moved):
            return 0.01
        return max(still / shown, 0.01)
