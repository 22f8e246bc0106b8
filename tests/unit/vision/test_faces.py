from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from vision_samples import MANIFEST, portrait

from edge.drivers.camera import Picture
from edge.errors import DataError
from edge.vision.blazeface import Detection
from edge.vision.faces import FaceFinder, Search, open_face_finder
from edge.vision.geometry import Box
from edge.vision.manifest import Manifest, load_manifest


def head(name: str, width: int) -> Picture:
    """The head and shoulders of a portrait at this width."""
    picture = portrait(name)
    left, top, right, bottom = {
        "astronaut": (110, 10, 340, 240),
        "obama": (230, 20, 760, 550),
        "grace_hopper": (60, 20, 460, 420),
    }[name]
    part = picture[top:bottom, left:right]
    return np.asarray(cv2.resize(part, (width, width), interpolation=cv2.INTER_AREA))


def frame(*placed: tuple[str, int, int]) -> Picture:
    """640 × 480 with heads at (name, x of the left side, width)."""
    picture = np.full((480, 640, 3), 110, np.uint8)
    for name, x, width in placed:
        face = head(name, width)
        top = (480 - width) // 2
        shown = face[:, max(-x, 0) : 640 - x]
        picture[top : top + width, max(x, 0) : max(x, 0) + shown.shape[1]] = shown
    return picture


def middle(box: Box) -> float:
    return box.centre[0]


def test_an_empty_picture_has_no_faces(finder: FaceFinder) -> None:
    assert finder.find(np.full((480, 640, 3), 90, np.uint8)) == []


def test_the_nearest_face_comes_first(finder: FaceFinder) -> None:
    faces = finder.find(frame(("astronaut", 30, 170), ("obama", 330, 280)))
    assert len(faces) == 2
    assert middle(faces[0].box) > 330 > middle(faces[1].box)
    assert faces[0].eye_px > faces[1].eye_px
    faces = finder.find(frame(("astronaut", 30, 290), ("obama", 410, 170)))
    assert middle(faces[0].box) < 330


def test_somebody_a_little_larger_at_the_edge_is_passing_by(finder: FaceFinder) -> None:
    faces = finder.find(frame(("astronaut", 220, 200), ("obama", 430, 210)))
    assert len(faces) == 2
    assert middle(faces[0].box) < 430


def with_search(finder: FaceFinder, search: Search) -> FaceFinder:
    return FaceFinder(finder._far, finder._near, finder._mesh, finder.embedder, search)


def test_only_faces_in_the_zone_and_of_the_least_size_count(finder: FaceFinder) -> None:
    picture = frame(("astronaut", 20, 170), ("obama", 330, 280))
    left = with_search(finder, Search(zone=Box(0.0, 0.0, 0.5, 1.0))).find(picture)
    assert [middle(f.box) < 320 for f in left] == [True]
    large = with_search(finder, Search(min_eye_px=45.0)).find(picture)
    assert [middle(f.box) > 320 for f in large] == [True]
    assert len(with_search(finder, Search(max_faces=1)).find(picture)) == 1
    assert with_search(finder, Search(zone=Box(0.0, 0.0, 0.1, 0.1))).find(picture) == []


def test_a_face_carries_all_that_is_known_of_it(finder: FaceFinder) -> None:
    picture = portrait("grace_hopper")
    (face,) = finder.find(picture)
    assert face.picture is picture
    assert face.points.shape == (468, 3)
    assert face.eye_px == face.quality.figures.eye_px == pytest.approx(85, abs=6)
    assert face.score > 0.5
    assert face.presence > 0.9
    assert finder.embed(face).shape == (128,)


def test_a_face_that_fills_the_picture_is_found(finder: FaceFinder) -> None:
    close = portrait("grace_hopper")[120:330, 160:370]
    (face,) = finder.find(np.ascontiguousarray(close))
    assert face.eye_px == pytest.approx(85, abs=8)


class Sees:
    """A far detector that sees these and nobody else."""

    def __init__(self, *boxes: Box) -> None:
        self.found = [Detection(box, np.zeros((6, 2), np.float32), 0.9) for box in boxes]

    def detect(self, _: Picture) -> list[Detection]:
        return self.found


@pytest.mark.parametrize("far", [Sees(), Sees(Box(0, 0, 60, 60)), Sees(Box(800, 0, 910, 90), Box(0, 1100, 90, 1137))])
def test_the_near_detector_is_asked_when_the_far_one_finds_nobody_or_only_at_the_edge(
    finder: FaceFinder, far: Sees
) -> None:
    both = FaceFinder(far, finder._near, finder._mesh, finder.embedder)  # type: ignore[arg-type]
    assert finder.find(portrait("obama"))[0].box.iou(both.find(portrait("obama"))[0].box) > 0.6


def test_both_detectors_together_report_a_face_once(finder: FaceFinder) -> None:
    edge = frame(("obama", -20, 200))  # far out: the near detector is asked too
    assert len(finder.find(edge)) == 1


@pytest.mark.parametrize("size", [(16, 16), (16, 1600), (1600, 16), (33, 47)])
def test_pictures_of_any_shape_can_be_searched(finder: FaceFinder, size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    assert finder.find(random.integers(0, 256, (*size, 3), np.uint8)) == []


def test_a_model_that_is_no_embedder_or_is_missing_is_named(manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="facemesh is no face embedder"):
        open_face_finder(manifest, embedder="facemesh")
    with pytest.raises(DataError, match="no model 'nothing'"):
        open_face_finder(manifest, embedder="nothing")
    elsewhere = tmp_path / "manifest.toml"
    elsewhere.write_text(MANIFEST.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        open_face_finder(load_manifest(elsewhere))
