"""Vision as enrolment sees it: one picture, one face, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable

from edge.drivers.camera import Picture
from edge.events import Life
from edge.people.describe import Described
from edge.vision.faces import FaceFinder
from edge.vision.liveness.judge import Liveness

# Somebody in the background is no second face: only one at least half as large makes it unclear who is meant.
_RIVAL = 0.5


class Eyes:
    """A `FaceDescriber` on a `FaceFinder`. `liveness` makes the judge of somebody before a camera: with everything that
    the device asks for at its gate. It may raise DataError or HardwareError.
    """

    def __init__(self, finder: FaceFinder, liveness: Callable[[], Liveness]) -> None:
        self._finder = finder
        self._liveness = liveness

    @property
    def model_id(self) -> str:
        return self._finder.embedder.model_id

    def describe(self, picture: Picture, *, enrolment: bool) -> Described:
        faces = self._finder.find(picture)
        if not faces:
            return Described(None, "no_face")
        face = faces[0]
        quality = face.quality
        if enrolment and any(other.eye_px > _RIVAL * face.eye_px for other in faces[1:]):
            return Described(None, "several_faces", quality.score, face.eye_px)
        reason = quality.enrolment_reason if enrolment else quality.reason
        if reason is not None:
            return Described(None, reason, quality.score, face.eye_px)
        return Described(self._finder.embed(face), None, quality.score, face.eye_px)

    def watch(self) -> FrameWatch:
        """A `LifeWatch` with the same networks."""
        return FrameWatch(self._finder, self._liveness())


class FrameWatch:
    """A `LifeWatch`: `liveness`, on the foremost face."""

    def __init__(self, finder: FaceFinder, liveness: Liveness) -> None:
        self._finder = finder
        self._liveness = liveness

    def look(self, picture: Picture, now_s: float) -> Life:
        faces = self._finder.find(picture)
        if not faces:
            return Life.DOUBT
        self._liveness.observe(faces[0], now_s)
        return self._liveness.verdict().life
