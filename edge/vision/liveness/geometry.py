"""Does the texture of the face move as on a head, or as on a sheet: plane, tilted or bent?

Every frame laid over the template says how much better a head's depth explains the motion than a sheet does, and by
which turn of the view it does so (see `template`). Noise, glare and compression also look a little like depth, at
times much; but the turn that they pretend has nothing to do with the one that the mesh sees. So a gain counts for
life as far as its turn points where the mesh's does, and against it where it points elsewhere; and of all that, only
frames in which the face has turned at all. Whoever comes into view and stops has shown enough by then: the view of
him turns by ten degrees and more. A sheet that is tilted shows the mesh a turn, and has no gain; who hardly moves
shows nothing at all.

One template is judged at a time, since a turn is measured from its own frame: where the mesh was wrong in that (half
a face at the edge of the picture), it is wrong in all that follow, and the next template knows nothing of it.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.vision.liveness.cue import EVIDENCE_S, Seen

_LEAST_AGE_S = 0.1
_FRAMES = 2  # of one template that are turned far enough
_TURNED_RAD = 0.06
_ENOUGH = 60.0
"""Gain that counts for life. Of 97 prints of the tuning and the outer set two get above it within two seconds, of 33
living people 24, half of all within 0.33 s. With four frames and 30 it were five and 24, within 0.5 s; with 45, two and
26, but one of 15 cut-out prints before a body passed that were looked at next."""
_SLOPE = 0.3  # the turn that the texture shows, in parts of the mesh's; a bent sheet shows less
_TILTED_RAD, _TILTED_FRAMES, _FLAT, _AGREES = 0.09, 6, 8.0, 0.5  # turned far in so many frames, with less gain


Values = NDArray[np.float64]


class _Frame(NamedTuple):
    """`begun_s`: when the template was made. `turns`: what the texture and what the mesh say, two radians each."""

    now_s: float
    begun_s: float
    gain: float
    turns: tuple[float, ...]


class Geometry:
    """0.5 where the gain that agrees is just enough. It cannot tell a film of a head from a head."""

    name = "geometry"
    passes = 0.5
    fails = 0.0

    def __init__(self) -> None:
        self._frames: deque[_Frame] = deque(maxlen=128)

    def observe(self, seen: Seen) -> None:
        while self._frames and not 0.0 <= seen.now_s - self._frames[0].now_s <= EVIDENCE_S:
            self._frames.popleft()
        flow = seen.flow
        if flow is None or flow.age_s < _LEAST_AGE_S:
            return
        # Depth counts towards the back: what is near moves against v, and the nose points where yaw and pitch say.
        turned = tuple(-math.sin(math.radians(degrees)) for degrees in flow.turned)
        values = flow.laid.evidence, *flow.laid.turn, *turned
        if all(map(math.isfinite, values)):
            begun_s = seen.now_s - flow.age_s
            self._frames.append(_Frame(seen.now_s, begun_s, flow.laid.evidence, (*flow.laid.turn, *turned)))

    def score(self) -> float | None:
        frames = np.array([(one.begun_s, one.gain, *one.turns) for one in self._frames])
        if len(frames) < _FRAMES:
            return None
        strengths, first = [], 0
        for end in [*(np.flatnonzero(np.diff(frames[:, 0]) > _LEAST_AGE_S / 2) + 1), len(frames)]:
            strengths.append(_strength(frames[first:end, 1], frames[first:end, 2:]))
            first = int(end)
        best = max(strengths)
        return 0.0 if self._tilted(frames[:, 1], frames[:, 2:]) else max(best / (best + _ENOUGH), 0.01)

    def _tilted(self, gains: Values, turns: Values) -> bool:
        """The mesh sees turns, and nothing of a head's depth in any frame."""
        tilted = np.count_nonzero(np.hypot(turns[:, 2], turns[:, 3]) >= _TILTED_RAD)
        return bool(tilted >= _TILTED_FRAMES and np.sort(gains)[-3] < _FLAT and _agreement(turns) < _AGREES)


def _strength(gains: Values, turns: Values) -> float:
    """The median gain of the frames of one template, each with the sign and by the share to which its turn is the
    mesh's; less where all of them together agree little, or show but a small part of the mesh's turn.
    """
    far = np.hypot(turns[:, 2], turns[:, 3]) >= _TURNED_RAD
    if np.count_nonzero(far) < _FRAMES:
        return 0.0
    gains, turns = gains[far], turns[far]
    texture, mesh = turns[:, :2], turns[:, 2:]
    along = (texture * mesh).sum(axis=1)
    signed = gains * along / np.maximum(np.hypot(*texture.T) * np.hypot(*mesh.T), 1e-9)
    slope = float(along.sum() / np.square(mesh).sum())
    agreement = max(_agreement(turns), 0.0)
    return max(float(np.median(signed)), 0.0) * agreement**2 * min(max(slope / _SLOPE, 0.0), 1.0)


def _agreement(turns: Values) -> float:
    """The correlation of the turns that the texture and the mesh say, [-1, 1]."""
    texture, mesh = turns[:, :2], turns[:, 2:]
    size = math.sqrt(float(np.square(texture).sum() * np.square(mesh).sum()))
    return float((texture * mesh).sum()) / size if size > 0.0 else 0.0
