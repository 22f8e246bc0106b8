"""Faces followed over frames, each decided about once in a while: matched, unknown, or not to be seen well enough.

Several frames of one face are one probe: averaging them takes out what is particular to a single picture. Pure but
for its own memory: no clock, no picture, no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.vision.association import associate
from edge.vision.attempt import Attempt, Decision
from edge.vision.embed import Embedding
from edge.vision.geometry import Box
from edge.vision.match import Gallery
from edge.vision.quality import Quality
from edge.vision.thresholds import OperatingPoints

LOST_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One face of one frame. `embedding` is None for a face that was not embedded."""

    box: Box
    quality: Quality
    embedding: Embedding | None = None


@dataclass(slots=True)
class Track:
    """One face over time. `id` is never used again."""

    id: int
    box: Box
    seen_s: float
    attempt: Attempt


class Tracker:
    """All faces in view. `gallery` may be replaced at any time; what was seen so far stays comparable."""

    def __init__(self, gallery: Gallery, points: OperatingPoints) -> None:
        self.gallery = gallery
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
        return self._tracks[pairs[0]].attempt.due(now_s) if pairs else True

    def observe(self, observations: Sequence[Observation], now_s: float) -> list[Decision]:
        """The faces of one frame, taken at `now_s` (monotonic seconds); returns the decisions they lead to.

        To be called for frames without a face too, so that tracks end.
        """
        self._tracks = [t for t in self._tracks if now_s - t.seen_s <= LOST_S]
        pairs = associate([t.box for t in self._tracks], [o.box for o in observations])
        known = [self._tracks[pairs[i]] if i in pairs else None for i in range(len(observations))]
        decisions = []
        for observation, track in zip(observations, known, strict=True):
            decision = self._follow(track, observation, now_s)
            if decision is not None:
                decisions.append(decision)
        return decisions

    def _follow(self, track: Track | None, seen: Observation, now_s: float) -> Decision | None:
        if track is not None and self._is_somebody_else(track, seen):
            self._tracks.remove(track)  # its place is taken; left in, it would claim the next frame again
            track = None
        track = track or self._begin(seen, now_s)
        track.box, track.seen_s = seen.box, now_s
        decision: Decision | None = None
        if seen.quality.reason is not None:
            decision = track.attempt.bad(seen.quality.reason, now_s)
        elif seen.embedding is not None:
            decision = track.attempt.good(seen.embedding, seen.quality, now_s, self.gallery, self._points)
        if decision is not None:
            track.attempt = track.attempt.after(decision, now_s)
        return decision

    def _is_somebody_else(self, track: Track, seen: Observation) -> bool:
        """Two people who pass each other: where they are says one thing, what they look like another. A poor
        picture says nothing.
        """
        if seen.embedding is None or seen.quality.reason is not None:
            return False
        return not track.attempt.is_like(seen.embedding, self._points)

    def _begin(self, seen: Observation, now_s: float) -> Track:
        self._last_id += 1
        track = Track(self._last_id, seen.box, now_s, Attempt(self._last_id))
        self._tracks.append(track)
        return track
