"""Signs of life in the face itself: lids that close and open, a mouth that moves.

People blink every three to six seconds (A. Bentivoglio et al., Movement Disorders 12(6), 1997: 17 a minute at rest),
so nobody can be asked for a blink within a second: at first this cue lets everybody pass. But who is looked at for
long without a single sign is no living person.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from edge.vision.faces import Face
from edge.vision.liveness.cue import Seen
from edge.vision.liveness.eyes import eyes_open

PATIENCE_S = 9.0
"""Two in a hundred pauses between blinks at rest are longer."""
_LEAST_FRAMES = 3
_CLOSED, _OPEN = 0.87, 0.94  # of the usual contrast of the eyes
_SHORTEST_S, _LONGEST_S = 0.06, 0.7  # of a blink; longer is a closed eye
_MOUTH = 0.12  # change of the mouth's opening, in parts of its width
_HISTORY = 48
_MOUTH_POINTS = [78, 308, 13, 14]  # corners, inner upper and lower lip


class SignsOfLife:
    """1 after a sign of life; falls to 0 while there is none. A film of a blinking face passes."""

    name = "life"
    passes = 0.5
    fails = -1.0

    def __init__(self) -> None:
        self._blinks = Blinks()
        self._mouth: deque[float] = deque(maxlen=_HISTORY)
        self._frames = 0
        self._sign_s: float | None = None
        self._last_s = 0.0

    def observe(self, seen: Seen) -> None:
        mouth = mouth_opening(seen.face.points)
        if not np.isfinite(mouth):
            return
        now_s = self._last_s = seen.now_s
        self._frames += 1
        self._mouth.append(mouth)
        moved = max(self._mouth) - min(self._mouth) >= _MOUTH
        if self._sign_s is None or now_s < self._sign_s or self._blinks.observe(seen.face, now_s) or moved:
            self._sign_s = now_s  # the first frame begins the wait
            self._mouth.clear()

    def score(self) -> float | None:
        if self._frames < _LEAST_FRAMES or self._sign_s is None:
            return None
        return max(1.0 - (self._last_s - self._sign_s) / (2 * PATIENCE_S), 0.0)


class Blinks:
    """Tells each blink once, when the eye is open again."""

    def __init__(self) -> None:
        self._openings: deque[float] = deque(maxlen=_HISTORY)
        self._closed_s: float | None = None

    def observe(self, face: Face, now_s: float) -> bool:
        """Whether a blink has just ended."""
        opening = eyes_open(face)
        if not np.isfinite(opening):
            return False
        usual = float(np.percentile(self._openings, 70)) if len(self._openings) >= 4 else opening
        self._openings.append(opening)
        if self._closed_s is None:
            if opening < _CLOSED * usual:
                self._closed_s = now_s
            return False
        if opening < _OPEN * usual:
            return False
        lasted, self._closed_s = now_s - self._closed_s, None
        return _SHORTEST_S <= lasted <= _LONGEST_S


def mouth_opening(points: NDArray[np.float32]) -> float:
    """The gap between the lips in widths of the mouth."""
    left, right, upper, lower = points[_MOUTH_POINTS].astype(np.float64)
    return float(np.linalg.norm(upper - lower) / max(float(np.linalg.norm(left - right)), 1e-6))
