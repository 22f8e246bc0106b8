"""A blurred face is nobody's: no detector finds it, and no embedder knows it."""

from __future__ import annotations

import numpy as np
import pytest

from edge import resources
from edge.drivers.camera import Picture
from edge.vision.blur import FaceBlur, open_face_blur
from edge.vision.faces import FaceFinder
from edge.vision.manifest import Manifest
from edge.vision.picture_file import load_picture

PEOPLE = ("obama.jpg", "biden.jpg", "grace_hopper.jpg", "astronaut.jpg", "obama2.jpg", "obama3.jpg")


@pytest.fixture(scope="module")
def blur(manifest: Manifest) -> FaceBlur:
    return open_face_blur(manifest)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_blurred_face_is_neither_found_nor_known(name: str, blur: FaceBlur, finder: FaceFinder) -> None:
    picture = load_picture(resources.demo_pictures() / name)
    (face, *_) = finder.find(picture)
    blurred = blur(picture)
    assert finder.find(blurred) == []
    # No more like the person than a grey picture is.
    nobody = np.full_like(picture, 128)
    known, left, least = (
        finder.embedder.embed(finder.embedder.chip(seen, face.points)) for seen in (picture, blurred, nobody)
    )
    assert float(known @ left) < float(known @ least) + 0.03


def test_what_is_no_face_stays_as_it_is_and_the_original_too(blur: FaceBlur) -> None:
    picture = load_picture(resources.demo_pictures() / "astronaut.jpg")
    before = picture.copy()
    blurred = blur(picture)
    assert (picture == before).all()
    assert 0.5 < float(np.mean((blurred == picture).all(axis=-1))) < 1.0
    empty: Picture = np.full((480, 640, 3), 120, np.uint8)
    assert (blur(empty) == empty).all()
