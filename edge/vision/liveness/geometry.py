"""Does the texture of the face move as on a head, or as on a sheet: plane, tilted or bent?

Every frame laid over the template says how much better a head's depth explains the motion than a sheet does, and by
which turn of the view it does so (see `template`). Noise, glare and compression also look a little like depth, at
times much; but the turn that they pretend has nothing to do with the one that the mesh sees. So both must hold: a
clear gain, three times at least, and turns that agree with the mesh's. A sheet that is tilted shows the mesh a turn,
and has no gain; whoever stands still shows nothing at all.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.vision.liveness.cue import EVIDENCE_S, Seen

_LEAST_AGE_S = 0.1
_FRAMES, _BEST = 5, 3  # frames before anything is said, and which of their gains counts
_ENOUGH = 90.0  # the third-best gain: sheets of the tuning set stay below 60 (median 25), walking people are above 280
_AGREES = 0.5  # correlation of both turns; with less, the gain must be larger
_TILTED_RAD, _TILTED_FRAMES, _FLAT = 0.09, 6, 20.0  # so far turned in so many frames, without more gain than that


class _Frame(NamedTuple):
    """`begun_s`: when the template was made. `turns`: what the texture and what the mesh say, two radians each."""

    now_s: float
    begun_s: float
    gain: float
    turns: tuple[float, ...]


class Geometry:
    """0.5 where gain and agreement are just enough. It cannot tell a film of a head from a head."""

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
        if len(self._frames) < _FRAMES:
            return None
        gain = sorted(frame.gain for frame in self._frames)[-_BEST]
        agreement = self._agreement()
        tilted = sum(math.hypot(*frame.turns[2:]) >= _TILTED_RAD for frame in self._frames)
        if tilted >= _TILTED_FRAMES and gain < _FLAT and agreement < _AGREES:
            return 0.0
        return max(gain / (gain + _ENOUGH) * min(max(agreement / _AGREES, 0.0), 1.0), 0.01)

    def _agreement(self) -> float:
        """The correlation of the turns that the texture and the mesh say, over all frames, [-1, 1]; or that of their
        changes under each template, where that is better: the mesh of the template's own frame may be off.
        """
        turns = np.array([frame.turns for frame in self._frames])
        begun = np.array([frame.begun_s for frame in self._frames])
        changes = turns.copy()
        first = 0
        for end in [*(np.flatnonzero(np.diff(begun) > _LEAST_AGE_S / 2) + 1), len(turns)]:
            changes[first:end] -= turns[first:end].mean(axis=0)
            first = end
        return max(_correlation(turns), _correlation(changes))


def _correlation(turns: NDArray[np.float64]) -> float:
    texture, mesh = turns[:, :2], turns[:, 2:]
    size = math.sqrt(float(np.square(texture).sum() * np.square(mesh).sum()))
    return float((texture * mesh).sum()) / size if size > 0.0 else 0.0
