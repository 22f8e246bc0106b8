"""One attempt of one face to be recognised: frames come in, at most one decision goes out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from edge.events import FaceMatched, FacePoor, FaceUnknown, Life, PoorReason
from edge.vision.embed import Embedding, fuse
from edge.vision.match import Gallery
from edge.vision.quality import Quality
from edge.vision.thresholds import OperatingPoints

SPACING_S = 0.095  # just under every frame at 10 a second: nearer ones show the same thing again
ENOUGH_FRAMES = 5
ENOUGH_S = 0.5
POOR_S = 1.2
REST_S = 3.0  # until a face that was decided about, and stays, is decided about again
CLEAR = 0.5  # quality from which a single frame may decide
_LEAST_WEIGHT = 0.1  # a frame at the very limit still says something

Decision = FaceMatched | FaceUnknown | FacePoor


@dataclass(slots=True)
class Attempt:
    """The frames of one track since its last decision. Times are monotonic seconds, passed in.

    `good_from_s`, `poor_from_s`: when fit and poor frames begin to count. `before`: what the face looked like in
    the attempt before, so that another face held in its place is noticed. `recognised`: that one ended with a match.
    """

    track: int
    good_from_s: float = float("-inf")
    poor_from_s: float = float("-inf")
    before: Embedding | None = None
    recognised: bool = False
    frames: list[tuple[float, Embedding]] = field(default_factory=list)
    compared: int = 0
    first_good_s: float = 0.0
    last_good_s: float = float("-inf")
    poor_since_s: float | None = None
    reasons: Counter[PoorReason] = field(default_factory=Counter)

    def due(self, now_s: float) -> bool:
        """Whether an embedding of this face would be used now."""
        return now_s >= self.good_from_s and now_s - self.last_good_s >= SPACING_S

    def wake(self, now_s: float) -> None:
        """The rest of a face that was recognised is over: what it has just done is to be decided about. A stranger
        rests on: every attempt is another chance to be taken for a resident, and nobody may blink for more of them.
        """
        if self.recognised:
            self.good_from_s = min(self.good_from_s, now_s)

    def is_like(self, embedding: Embedding, points: OperatingPoints) -> bool:
        """Whether an embedding may be of the person that the frames so far show, or those of the attempt
        before; true while there are none."""
        known = self._fused() if self.frames else self.before
        return known is None or float(embedding @ known) >= points.same_face

    def good(
        self, embedding: Embedding, quality: Quality, now_s: float, gallery: Gallery, points: OperatingPoints
    ) -> Decision | None:
        """A frame that is fit for recognition; one that is not due is left out."""
        if not self.due(now_s):
            return None
        self.poor_since_s = None
        self.reasons.clear()
        self.first_good_s = self.first_good_s if self.compared else now_s
        self.last_good_s = now_s
        self.compared += 1
        self.frames.append((max(quality.score, _LEAST_WEIGHT), embedding))
        if len(self.frames) > ENOUGH_FRAMES:
            self.frames.remove(min(self.frames, key=lambda frame: frame[0]))
        if quality.score >= CLEAR:
            alone, threshold = gallery.match(embedding), points.threshold(gallery.people, fused=False) + points.alone
            if alone.person is not None and alone.score >= threshold:
                return self._matched(alone.person, alone.score, threshold, 1, points)
        if len(self.frames) < 2:
            return None
        together, threshold = gallery.match(self._fused()), points.threshold(gallery.people, fused=True)
        if together.person is not None and together.score >= threshold:
            return self._matched(together.person, together.score, threshold, len(self.frames), points)
        if self.compared >= ENOUGH_FRAMES and now_s - self.first_good_s >= ENOUGH_S:
            return FaceUnknown(self.track, together.score, threshold, self.compared)
        return None

    def _matched(
        self, person: str, score: float, threshold: float, frames: int, points: OperatingPoints
    ) -> FaceMatched:
        return FaceMatched(self.track, person, score, threshold, frames, strong=score >= threshold + points.strong)

    def bad(self, reason: PoorReason, now_s: float) -> Decision | None:
        """A frame that is not fit for recognition."""
        if now_s < self.poor_from_s:
            return None
        if self.poor_since_s is None:
            self.poor_since_s = now_s
        self.reasons[reason] += 1
        if now_s - self.poor_since_s < POOR_S:
            return None
        return FacePoor(self.track, self.reasons.most_common(1)[0][0])

    def after(self, decision: Decision, now_s: float) -> Attempt:
        """The next attempt. Who was told what is wrong with the picture may follow the advice at once; who
        is not clearly alive is being asked for something, and looked at all the while.
        """
        rest_until_s = now_s + REST_S
        doubtful = isinstance(decision, FaceMatched) and decision.life is not Life.LIVE
        good_from_s = now_s if doubtful or isinstance(decision, FacePoor) else rest_until_s
        before, recognised = self._fused() if self.frames else self.before, isinstance(decision, FaceMatched)
        return Attempt(self.track, good_from_s, rest_until_s, before, recognised)

    def _fused(self) -> Embedding:
        return fuse([embedding for _, embedding in self.frames], [weight for weight, _ in self.frames])
