"""One face followed from frame to frame: a template of it, laid over every later frame, and renewed now and then."""

from __future__ import annotations

from dataclasses import dataclass

from edge.vision.faces import Face
from edge.vision.liveness.around import Around, Split
from edge.vision.liveness.sides import Pair, Sides, apart
from edge.vision.liveness.template import COARSE_EYE_PX, Template
from edge.vision.pose import Pose

LIFE_S = 1.0
"""Of a template. Until then a walker has come nearer by a third, and skin does not look the same from there."""
TURNED_DEG = 8.0
"""After so much of a turn as well: beyond, half of who comes in from beside were no longer told to be themselves."""
GAP_S = 0.5
"""After such a pause nobody knows that it is still the same thing."""


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """What happened between the template's frame, `age_s` ago, and this one. `split`: what the face's surroundings did,
    None where nobody asks. `went`: how far its middle has moved, in eye distances. `pair`: two of its sides, of
    which none needs to be this frame's.
    """

    age_s: float
    split: Split | None
    went: float
    pair: Pair | None


class Follower:
    """Follows one face; `around`: and what its surroundings do. Not for two threads at once."""

    def __init__(self, *, around: bool = True) -> None:
        self._looks_around = around
        self._template: Template | None = None
        self._around: Around | None = None
        self._sides = Sides()
        self._pose: Pose | None = None
        self._begun_s = 0.0
        self._last_s = float("-inf")

    def observe(self, face: Face, now_s: float) -> Flow | None:
        """The flow into this frame; None for a first one, and where the thread is lost: after a pause, when the clock
        went backwards or stood, when the face does not look like itself.
        """
        if not 0.0 < now_s - self._last_s <= GAP_S:
            self._template = None
        self._last_s = now_s
        template, flow = self._template, None
        motion = template.follow(face) if template else None
        if motion is None:
            self._sides = Sides()
        pair = self._sides.observe(face, now_s)
        if template is not None and motion is not None:
            split = self._around.split(face, motion) if self._around else None
            flow = Flow(now_s - self._begun_s, split, template.went(motion), pair)
        if motion is None or now_s - self._begun_s >= LIFE_S or self._is_turned(face):
            self._begin(face, now_s)
        return flow

    def _is_turned(self, face: Face) -> bool:
        return self._pose is None or apart(face.quality.figures.pose, self._pose) >= TURNED_DEG

    def _begin(self, face: Face, now_s: float) -> None:
        try:
            self._template = Template(face, COARSE_EYE_PX)
        except ValueError:
            self._template = None  # too small or cut off: tried again with the next frame
            return
        self._around = Around(face) if self._looks_around else None
        self._pose, self._begun_s = face.quality.figures.pose, now_s
