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

from edge.vision.liveness.cue import EVIDENCE_S, Seen

_LEAST_AGE_S = 0.1
_FRAMES = 3
_ENOUGH = 90.0  # the third-best gain: sheets of the tuning set stay below 60 (median 25), walking people are above 280
_AGREES = 0.5  # correlation of both turns; with less, the gain must be larger
_TILTED_RAD, _TILTED_FRAMES, _FLAT = 0.09, 6, 20.0  # so far turned in so many frames, without more gain than that


class Geometry:
    """0.5 where gain and agreement are just enough. It cannot tell a film of a head from a head."""

    name = "geometry"
    passes = 0.5
    fails = 0.0

    def __init__(self) -> None:
        self._frames: deque[tuple[float, float, tuple[float, float], tuple[float, float]]] = deque(maxlen=128)

    def observe(self, seen: Seen) -> None:
        while self._frames and not 0.0 <= seen.now_s - self._frames[0][0] <= EVIDENCE_S:
            self._frames.popleft()
        flow = seen.flow
        if flow is None or flow.age_s < _LEAST_AGE_S:
            return
        # Depth counts towards the back: what is near moves against v, and the nose points where yaw and pitch say.
        turned = tuple(-math.sin(math.radians(degrees)) for degrees in flow.turned)
        values = flow.laid.evidence, *flow.laid.turn, *turned
        if all(map(math.isfinite, values)):
            self._frames.append((seen.now_s, flow.laid.evidence, flow.laid.turn, (turned[0], turned[1])))

    def score(self) -> float | None:
        if len(self._frames) < _FRAMES:
            return None
        gain = sorted(gain for _, gain, _, _ in self._frames)[-_FRAMES]
        agreement = self._agreement()
        tilted = sum(math.hypot(*turned) >= _TILTED_RAD for _, _, _, turned in self._frames)
        if tilted >= _TILTED_FRAMES and gain < _FLAT and agreement < _AGREES:
            return 0.0
        return max(gain / (gain + _ENOUGH) * min(max(agreement / _AGREES, 0.0), 1.0), 0.01)

    def _agreement(self) -> float:
        """The correlation of the turns that the texture and the mesh say, over all frames, [-1, 1]."""
        both = sum(a * c + b * d for _, _, (a, b), (c, d) in self._frames)
        texture = sum(a * a + b * b for _, _, (a, b), _ in self._frames)
        mesh = sum(c * c + d * d for _, _, _, (c, d) in self._frames)
        return both / math.sqrt(texture * mesh) if texture * mesh > 0.0 else 0.0
