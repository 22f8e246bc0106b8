"""The rim of what is held up: something that moves beside the head and is no part of it.

Walls, doors and window frames have edges too, and stand still; hair, a hat and the shoulders move, and hang together
with the face. What moves apart from both is the edge of a sheet, the bezel of a screen or the hand that holds it.
People who pass behind do so too: then there is a doubt, and a gesture is asked for.
"""

from __future__ import annotations

from collections import deque

from edge.vision.liveness.cue import EVIDENCE_S, Seen

_LEAST_AGE_S = 0.15
_FRAMES = 4


class Border:
    """1 / (1 + cells that move apart), by the second-worst frame: one may be an accident. Of 40 living people of the
    tuning set none had any.
    """

    name = "border"
    passes = 0.6
    fails = -1.0

    def __init__(self) -> None:
        self._frames: deque[tuple[float, int]] = deque(maxlen=128)

    def observe(self, seen: Seen) -> None:
        while self._frames and not 0.0 <= seen.now_s - self._frames[0][0] <= EVIDENCE_S:
            self._frames.popleft()
        if seen.flow is not None and seen.flow.split is not None and seen.flow.age_s >= _LEAST_AGE_S:
            self._frames.append((seen.now_s, seen.flow.split.apart))

    def score(self) -> float | None:
        if len(self._frames) < _FRAMES:
            return None
        return 1.0 / (1.0 + sorted(cells for _, cells in self._frames)[-2])
