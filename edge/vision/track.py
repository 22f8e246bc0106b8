"""Faces followed over frames, each decided about once in a while: matched, unknown, or not to be seen well enough.

Several frames of one face are one probe: averaging them takes out what is particular to a single picture. Pure but
for its own memory: no clock, no picture, no network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from edge.events import FaceMatched, GestureBegun, GestureSeen, Life
from edge.vision.association import associate
from edge.vision.attempt import Attempt, Decision
from edge.vision.embed import Embedding
from edge.vision.faces import Face
from edge.vision.geometry import Box
from edge.vision.liveness.gestures import Gestures
from edge.vision.liveness.judge import Evidence, Liveness
from edge.vision.match import Gallery
from edge.vision.patience import Patience
from edge.vision.performance import Performance
from edge.vision.quality import Quality
from edge.vision.thresholds import OperatingPoints

LOST_S = 1.0
# Turned further than this, a face is too unlike itself to be called another one by its looks.
_TURNED_DEG = 20.0

Fact = Decision | GestureBegun | GestureSeen


class Judge(Protocol):
    """Who says whether a face lives; see `Liveness`."""

    def observe(self, face: Face, now_s: float) -> None: ...

    def verdict(self) -> Evidence: ...


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One face of one frame. `embedding` is None for a face that was not embedded. `face`: for its signs of life;
    without it there are none.
    """

    box: Box
    quality: Quality
    embedding: Embedding | None = None
    face: Face | None = None


@dataclass(slots=True)
class Track:
    """One face over time. `id` is never used again. `waits_since_s`: came into view, or was last told to be alive."""

    id: int
    box: Box
    seen_s: float
    waits_since_s: float
    attempt: Attempt
    liveness: Judge
    gestures: Gestures
    performance: Performance
    patience: Patience = field(default_factory=Patience)


class Tracker:
    """All faces in view. `gallery` may be replaced at any time; what was seen so far stays comparable. `liveness`
    makes the judge of a new face.
    """

    def __init__(self, gallery: Gallery, points: OperatingPoints, liveness: Callable[[], Judge] = Liveness) -> None:
        self.gallery = gallery
        self._liveness = liveness
        self._points = points
        self._tracks: list[Track] = []
        self._last_id = 0

    @property
    def tracks(self) -> Sequence[Track]:
        """The faces in view, oldest first."""
        return self._tracks

    def wants(self, box: Box, now_s: float) -> bool:
        """Whether an embedding of the face in this box would be used; computing it costs more than all the rest."""
        pairs = associate([t.box for t in self._tracks], [box])
        if not pairs:
            return True
        track = self._tracks[pairs[0]]
        return track.attempt.due(now_s) or track.performance.waits

    def observe(self, observations: Sequence[Observation], now_s: float) -> list[Fact]:
        """The faces of one frame, taken at `now_s` (monotonic seconds); returns the decisions they lead to, and the
        gestures that were begun and made.

        To be called for frames without a face too, so that tracks end.
        """
        self._tracks = [t for t in self._tracks if now_s - t.seen_s <= LOST_S]
        pairs = associate([t.box for t in self._tracks], [o.box for o in observations])
        known = [self._tracks[pairs[i]] if i in pairs else None for i in range(len(observations))]
        facts: list[Fact] = []
        for observation, track in zip(observations, known, strict=True):
            facts += self._follow(track, observation, now_s)
        return facts

    def _follow(self, track: Track | None, seen: Observation, now_s: float) -> list[Fact]:
        if track is not None and self._is_somebody_else(track, seen):
            self._tracks.remove(track)  # its place is taken; left in, it would claim the next frame again
            track = None
        track = track or self._begin(seen, now_s)
        track.box, track.seen_s = seen.box, now_s
        usable = seen.quality.reason is None and (seen.embedding is None or self._is_like(track, seen.embedding))
        if seen.face is not None:
            track.liveness.observe(seen.face, now_s)
            made = track.gestures.observe(seen.face, now_s)
            track.performance.observe(made, seen.embedding if usable else None, now_s)
        evidence = track.liveness.verdict()
        gestures = track.performance.told(self.gallery, self._points, now_s)
        if gestures:
            track.attempt.wake(now_s)
            track.patience.hasten(now_s)
        decision: Decision | None = None
        if seen.quality.reason is not None:
            decision = track.attempt.bad(seen.quality.reason, now_s)
        elif seen.embedding is not None and usable:
            decision = track.attempt.good(seen.embedding, seen.quality, now_s, self.gallery, self._points)
        decision = track.patience.settle(decision, evidence, now_s)
        if decision is not None:
            track.attempt = track.attempt.after(decision, now_s)
        if isinstance(decision, FaceMatched):
            decision = replace(decision, waited_s=now_s - track.waits_since_s)
            track.waits_since_s = now_s if decision.life is Life.LIVE else track.waits_since_s
        begun = track.gestures.begun if seen.face is not None else None
        facts: list[Fact] = [*gestures, *([GestureBegun(track.id, begun)] if begun else [])]
        if evidence.life is Life.SPOOF:  # a screen may show what it likes
            facts = []
        return [*facts, decision] if decision is not None else facts

    def _is_somebody_else(self, track: Track, seen: Observation) -> bool:
        """Two people who pass each other: where they are says one thing, what they look like another. A poor
        picture says nothing.
        """
        if seen.embedding is None or seen.quality.reason is not None:
            return False
        turned = abs(seen.quality.figures.pose.yaw) > _TURNED_DEG
        return not turned and not self._is_like(track, seen.embedding)

    def _is_like(self, track: Track, embedding: Embedding) -> bool:
        return track.attempt.is_like(embedding, self._points)

    def _begin(self, seen: Observation, now_s: float) -> Track:
        self._last_id += 1
        one = self._last_id
        track = Track(one, seen.box, now_s, now_s, Attempt(one), self._liveness(), Gestures(), Performance(one))
        self._tracks.append(track)
        return track
