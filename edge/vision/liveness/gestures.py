"""Gestures that somebody can be asked for, each told once, when the face is back in its usual position; that one has
begun is told before, so that whoever asks can go on.

What is usual is the median of the last seconds, so nobody has to look straight ahead first. Degrees and shares are
those of the mesh; a picture that is tilted can pretend to turn, which is why a gesture alone proves nothing: the cue
`geometry` sees that it was a sheet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from edge.events import Gesture
from edge.vision.faces import Face
from edge.vision.liveness.life import Blinks, mouth_opening

TURN_DEG, UP_DEG, MOUTH = 13.0, 8.0, 0.10
_BACK = 0.55  # of the way out: less is back
_LEAST_FRAMES = 2  # beyond the threshold
_LONGEST_S = 5.0  # a longer turn is a new position, not a gesture
_HISTORY_S = 3.0
_LEAST_USUAL = 4
GAP_S = 1.0


@dataclass(frozen=True, slots=True)
class Made:
    """A gesture that has ended; `begun_s`: when the face left its usual position."""

    gesture: Gesture
    begun_s: float


@dataclass(slots=True)
class _Swing:
    """One quantity on its way out and back. `sign` +1 or -1: which way counts as out. `farthest`: how far out it was
    in the swing that goes on or that ended last, at `ended_s`.
    """

    gesture: Gesture
    sign: float
    out: float
    begun_s: float | None = None
    frames: int = 0
    told: bool = False
    farthest: float = 0.0
    ended_s: float = float("-inf")

    def observe(self, away: float, now_s: float) -> Made | None:
        """`away`: how far the quantity is from what is usual."""
        far = self.sign * away / self.out
        if self.begun_s is None:
            if far >= 1.0:
                self.begun_s, self.frames, self.told, self.farthest = now_s, 1, False, far
            return None
        self.frames += far >= 1.0
        self.farthest = max(self.farthest, far)
        if far > _BACK:
            return None
        begun_s, self.begun_s, self.ended_s = self.begun_s, None, now_s
        whole = self.frames >= _LEAST_FRAMES and now_s - begun_s <= _LONGEST_S
        return Made(self.gesture, begun_s) if whole else None

    def leads(self, others: Iterable[_Swing]) -> bool:
        """Whether it is under way beyond doubt, and the greatest that is."""
        under_way = self.begun_s is not None and self.frames >= _LEAST_FRAMES
        return under_way and not any(one.begun_s is not None and one.farthest > self.farthest for one in others)

    def outdone(self, begun_s: float, by: _Swing) -> bool:
        """Whether another one that went on since `begun_s` was the greater: a head that turns nods a little, too."""
        return by is not self and by.farthest > self.farthest and (by.begun_s is not None or by.ended_s > begun_s)


class Gestures:
    """The gestures of one track. `begun`: the one that is seen to be under way since this frame, if any."""

    def __init__(self) -> None:
        self.begun: Gesture | None = None
        self._usual: deque[tuple[float, tuple[float, float, float]]] = deque(maxlen=128)
        self._begin()

    def _begin(self) -> None:
        self._usual.clear()
        self._blinks = Blinks()
        self._swings = (
            (0, _Swing(Gesture.TURN_LEFT, +1.0, TURN_DEG)),
            (0, _Swing(Gesture.TURN_RIGHT, -1.0, TURN_DEG)),
            (1, _Swing(Gesture.LOOK_UP, -1.0, UP_DEG)),
            (2, _Swing(Gesture.OPEN_MOUTH, +1.0, MOUTH)),
        )

    @property
    def under_way(self) -> bool:
        """Whether the face is out of its usual position."""
        return any(swing.begun_s is not None for _, swing in self._swings)

    def observe(self, face: Face, now_s: float) -> list[Made]:
        """The gestures that have ended with this frame. A pause, or a clock set back, begins anew."""
        self.begun = None
        pose = face.quality.figures.pose
        if not (np.isfinite(face.points).all() and np.isfinite((pose.yaw, pose.pitch)).all()):
            return []
        now = (pose.yaw, pose.pitch, mouth_opening(face.points))
        if self._usual and not 0.0 <= now_s - self._usual[-1][0] <= GAP_S:
            self._begin()
        made = []
        if len(self._usual) >= _LEAST_USUAL:
            usual = np.median([values for _, values in self._usual], axis=0)
            ends = [(swing, swing.observe(now[place] - float(usual[place]), now_s)) for place, swing in self._swings]
            swings = [swing for swing, _ in ends]
            for swing in swings:
                if not swing.told and swing.leads(swings):
                    swing.told, self.begun = True, swing.gesture
            for swing, ended in ends:
                if ended and not any(swing.outdone(ended.begun_s, other) for other in swings):
                    made.append(ended)
        # A head that turns shows its eyes otherwise: no blink is read from that.
        if self._blinks.observe(face, now_s) and not self._unsteady(now):
            made.append(Made(Gesture.BLINK, now_s - 0.3))
        if not self.under_way:
            self._usual.append((now_s, now))
            while now_s - self._usual[0][0] > _HISTORY_S:
                self._usual.popleft()
        elif self._usual:
            self._usual[-1] = (now_s, self._usual[-1][1])
        self._give_up(now_s)
        return made

    def _unsteady(self, now: tuple[float, float, float]) -> bool:
        if not self._usual:
            return True
        usual = np.median([values for _, values in self._usual], axis=0)
        return bool(abs(now[0] - usual[0]) > TURN_DEG / 2 or abs(now[1] - usual[1]) > UP_DEG / 2)

    def _give_up(self, now_s: float) -> None:
        """Whoever looks elsewhere for long has a new usual position."""
        if any(swing.begun_s is not None and now_s - swing.begun_s > _LONGEST_S for _, swing in self._swings):
            self._begin()
