"""Faces without pictures: a describer that knows people by the colour of a picture's first pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge.drivers.camera import Picture
from edge.events import Life, PoorReason
from edge.people.describe import Described, LifeWatch, Limits, Shot
from edge.store.keys import DeviceKey
from edge.store.roster_records import Consent, Profile, Template, Vector

KEY = DeviceKey(bytes(range(32)))
CONSENT = Consent("signed form 2026-11-22", "edge-1", "office", 1_000)
LIMITS = Limits(same_person=0.5, look_alike=0.65, duplicate=0.75, floor=0.1)
DIMENSION = 32


def profile(name: str = "Lin Daiyu", **more: object) -> Profile:
    return Profile(name, CONSENT, **more)  # type: ignore[arg-type]


def unit(values: NDArray[np.floating]) -> Vector:
    vector: Vector = np.asarray(values / np.linalg.norm(values), np.float32)
    return vector


def face(who: int, variant: int = 0, *, spread: float = 0.3) -> Vector:
    """Pictures of one person have cosines about 1 / (1 + spread²), of two people about 0."""
    base = np.random.default_rng(who).standard_normal(DIMENSION)
    noise = np.random.default_rng([who, variant, 1]).standard_normal(DIMENSION)
    return unit(base / np.linalg.norm(base) + spread * noise / np.linalg.norm(noise))


def between(one: Vector, other: Vector, cosine: float) -> Vector:
    """A unit vector of this cosine to `one`, turned towards `other`."""
    side = other - (other @ one) * one
    return unit(cosine * one + np.sqrt(1 - cosine**2) * unit(side))


def template(vector: Vector, model: str = "net-a", added_us: int = 5) -> Template:
    return Template(model, vector, added_us)


def shot(vector: Vector, name: str = "a.jpg", quality: float = 0.9) -> Shot:
    return Shot(name, Described(vector, None, quality, 80.0))


def poor(reason: PoorReason | str, name: str = "b.jpg") -> Shot:
    return Shot(name, Described(None, reason, 0.2, 20.0))  # type: ignore[arg-type]


def shots(who: int, count: int = 3) -> list[Shot]:
    return [shot(face(who, n), f"{n}.jpg") for n in range(count)]


class GreenLives:
    """Everybody lives but those whose green is `not_alive`."""

    def __init__(self, not_alive: dict[int, Life]) -> None:
        self._not_alive = not_alive

    def look(self, picture: Picture, now_s: float) -> Life:
        assert now_s >= 0.0
        return self._not_alive.get(int(picture[0, 0, 1]), Life.LIVE)


class ColourDescriber:
    """Red is the person, green the variant; blue 255 is a blurred picture, blue 254 one without a face. `not_alive`:
    what the frames of some variants say about life.
    """

    def __init__(self, model_id: str = "net-a", not_alive: dict[int, Life] | None = None) -> None:
        self.model_id = model_id
        self._not_alive = not_alive or {}

    def watch(self) -> LifeWatch:
        return GreenLives(self._not_alive)

    def describe(self, picture: NDArray[np.uint8], *, enrolment: bool) -> Described:
        assert enrolment
        red, green, blue = (int(value) for value in picture[0, 0])
        if blue == 255:
            return Described(None, PoorReason.BLURRED, 0.1, 40.0)
        if blue == 254:
            return Described(None, "no_face")
        return Described(face(red, green), None, 0.9, 80.0)


def paint(red: int, green: int = 0, blue: int = 0) -> NDArray[np.uint8]:
    return np.full((32, 32, 3), (red, green, blue), np.uint8)


def save(path: Path, red: int, green: int = 0, blue: int = 0) -> Path:
    """A picture file without loss, so that the colours stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(paint(red, green, blue)).save(path, "PNG")
    return path
