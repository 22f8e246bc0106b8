"""Whose face made a gesture: a photograph must not be swapped for a living stranger's face between match and gesture.

So a gesture is told together with the person that the frames of it show, and those after it, when the face is back
in a position that can be recognised.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from edge.events import GestureSeen
from edge.vision.embed import Embedding, fuse, unit
from edge.vision.liveness.gestures import Made
from edge.vision.match import Gallery
from edge.vision.score import MARGIN
from edge.vision.thresholds import OperatingPoints

LATEST_S = 0.6
"""Without a good frame until then, the gesture is nobody's."""
_BEFORE_S = 0.3
_LEAST = 2
_MOST = 64  # embeddings, ten a second: more than the longest gesture


class Performance:
    """The gestures of one track on their way to the gate."""

    def __init__(self, track: int) -> None:
        self._track = track
        self._seen: deque[tuple[float, Embedding]] = deque(maxlen=_MOST)
        self._made: list[tuple[Made, float]] = []

    @property
    def waits(self) -> bool:
        """Whether an embedding is wanted to say whose gesture it was."""
        return bool(self._made)

    def observe(self, made: Sequence[Made], embedding: Embedding | None, now_s: float) -> None:
        """One frame: gestures that ended with it, and what the face looks like if that was computed."""
        if self._seen and now_s < self._seen[-1][0]:
            self._seen.clear()
        if embedding is not None:
            self._seen.append((now_s, embedding))
        self._made += [(one, now_s) for one in made]

    def told(self, gallery: Gallery, points: OperatingPoints, now_s: float) -> list[GestureSeen]:
        """The gestures whose person is known by now, or will not be."""
        done, waiting = [], []
        for made, ended_s in self._made:
            during = [one for when, one in self._seen if made.begun_s - _BEFORE_S <= when]
            back = bool(self._seen) and self._seen[-1][0] >= ended_s and len(during) >= _LEAST
            if back or not 0.0 <= now_s - ended_s <= LATEST_S:
                person = _person(during, gallery, points) if back else ""
                done.append(GestureSeen(self._track, made.gesture, person))
            else:
                waiting.append((made, ended_s))
        self._made = waiting
        return done


def _person(embeddings: Sequence[Embedding], gallery: Gallery, points: OperatingPoints) -> str:
    # A turned face is less like its template than one that looks ahead. Here it has to be told from somebody else's put
    # in its place; whose it is was judged by the full threshold before, and will be by the match that follows.
    found = gallery.match(fuse(embeddings))
    if found.person is None or found.score < points.same_face - MARGIN * points.second_floor:
        return ""
    # Nobody else's face among them, not even for a frame: each must be like all the others together.
    total = np.sum(embeddings, axis=0)
    alike = all(float(one @ unit(total - one)) >= points.same_face for one in embeddings)
    return found.person if alike else ""
