"""The detectors and the mesh, with the real networks on public-domain portraits."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from vision_samples import portrait

from edge.drivers.camera import Picture
from edge.errors import DataError
from edge.vision.blazeface import BlazeFace, Detection, anchors, letterbox, merge, shrink
from edge.vision.manifest import Manifest, open_network
from edge.vision.mesh import FaceMesh

# Pupils in the files themselves, read off by eye: the picture's left one, then the right one; ± 2 px.
PUPILS = {
    "astronaut": ((204, 101), (247, 103)),
    "obama": ((444, 213), (547, 211)),
    "grace_hopper": ((222, 191), (305, 187)),
}


@pytest.fixture(scope="module")
def detector(manifest: Manifest) -> Callable[[str], BlazeFace]:
    made: dict[str, BlazeFace] = {}

    def make(role: str) -> BlazeFace:
        if role not in made:
            entry = manifest.default(f"face-detector-{role}")
            made[role] = BlazeFace(open_network(entry), entry)
        return made[role]

    return make


@pytest.fixture(scope="module")
def mesh(manifest: Manifest) -> FaceMesh:
    entry = manifest.default("face-mesh")
    return FaceMesh(open_network(entry), entry)


def test_anchors_are_the_centres_of_the_cells() -> None:
    far = anchors(192, 2304)
    assert far.shape == (2304, 2)
    np.testing.assert_allclose(far[[0, 1, 48, -1]], [[2, 2], [6, 2], [2, 6], [190, 190]])
    near = anchors(128, 896)
    assert near.shape == (896, 2)
    np.testing.assert_allclose(near[[0, 1, 2, 511]], [[4, 4], [4, 4], [12, 4], [124, 124]])
    np.testing.assert_allclose(near[[512, 517, 518, -1]], [[8, 8], [8, 8], [24, 8], [120, 120]])


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (192, 192), (50, 80), (3, 900)])
def test_the_letterbox_holds_the_whole_picture_in_the_middle(size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 200, np.uint8)
    square, scale, left, top = letterbox(picture, 192)
    assert square.shape == (192, 192, 3)
    rows, columns = np.flatnonzero(square.any(axis=(1, 2))), np.flatnonzero(square.any(axis=(0, 2)))
    assert (columns[0], rows[0]) == (left, top)
    assert len(columns) == max(round(size[1] * scale), 1)
    assert len(rows) == max(round(size[0] * scale), 1)
    assert max(len(rows), len(columns)) == 192


def test_shrinking_skips_no_pixel() -> None:
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::2] = 254
    assert np.abs(shrink(stripes, 192, 144).astype(int) - 127).max() <= 1


def test_merging_averages_what_overlaps_by_score_and_keeps_the_rest() -> None:
    def face(x: float, score: float) -> tuple[np.ndarray, float]:
        points = np.zeros((8, 2), np.float32)
        points[0], points[1] = (x, 0), (x + 10, 10)
        points[2:] = x
        return points, score

    faces = [face(0, 0.9), face(50, 0.8), face(1, 0.3)]
    merged = merge(np.stack([p for p, _ in faces]), np.array([s for _, s in faces], np.float32))
    assert [s for _, s in merged] == pytest.approx([0.9, 0.8])
    assert merged[0][0][2, 0] == pytest.approx(0.25)  # (0 · 0.9 + 1 · 0.3) / 1.2
    assert merged[1][0][2, 0] == pytest.approx(50)


def test_boxes_without_area_end_too() -> None:
    merged = merge(np.zeros((3, 8, 2), np.float32), np.array([0.9, 0.8, 0.7], np.float32))
    assert len(merged) == 3


@pytest.mark.parametrize("role", ["far", "near"])
@pytest.mark.parametrize("name", PUPILS)
def test_a_portrait_has_one_face_where_its_eyes_are(detector: Callable[[str], BlazeFace], role: str, name: str) -> None:
    faces = detector(role).detect(portrait(name))
    assert len(faces) == 1
    (left, right), size = PUPILS[name], faces[0].box.width
    assert np.linalg.norm(faces[0].keypoints[0] - left) < 0.12 * size
    assert np.linalg.norm(faces[0].keypoints[1] - right) < 0.12 * size
    assert faces[0].box.left < left[0] < right[0] < faces[0].box.right
    assert 0.5 <= faces[0].score <= 1.0


@pytest.mark.parametrize("role", ["far", "near"])
def test_nothing_is_found_where_nothing_is(detector: Callable[[str], BlazeFace], role: str) -> None:
    random = np.random.default_rng(0)
    for picture in (
        np.zeros((480, 640, 3), np.uint8),
        np.full((480, 640, 3), 255, np.uint8),
        random.integers(0, 256, (480, 640, 3), np.uint8),
        np.ascontiguousarray(portrait("astronaut")[260:]),
    ):
        assert detector(role).detect(picture) == []


@pytest.mark.parametrize("name", PUPILS)
def test_only_the_far_detector_sees_a_face_with_20_px_between_the_eyes(
    detector: Callable[[str], BlazeFace], name: str
) -> None:
    left, right = PUPILS[name]
    scale = 20 / (right[0] - left[0])
    small = cv2.resize(portrait(name), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:400]
    frame = np.full((480, 640, 3), 120, np.uint8)
    frame[40 : 40 + len(small), 60 : 60 + small.shape[1]] = small
    (face,) = detector("far").detect(frame)
    assert 15 < np.linalg.norm(face.keypoints[0] - face.keypoints[1]) < 25
    for x, y in (left, right):
        assert face.box.left < 60 + scale * x < face.box.right
        assert face.box.top < 40 + scale * y < face.box.bottom
    assert detector("near").detect(frame) == []


def test_a_network_that_is_no_detector_or_no_mesh_is_refused(manifest: Manifest) -> None:
    far, mesh = manifest.default("face-detector-far"), manifest.default("face-mesh")
    with pytest.raises(DataError, match="not BlazeFace's"):
        BlazeFace(open_network(mesh), mesh)
    with pytest.raises(DataError, match="not the face mesh's"):
        FaceMesh(open_network(far), far)


def fitted(detector: BlazeFace, mesh: FaceMesh, picture: Picture) -> tuple[Detection, np.ndarray, float]:
    face = detector.detect(picture)[0]
    found = mesh.fit(picture, face)
    return face, found.points, found.presence


@pytest.mark.parametrize("name", PUPILS)
def test_the_mesh_lies_on_the_eyes(detector: Callable[[str], BlazeFace], mesh: FaceMesh, name: str) -> None:
    _, points, presence = fitted(detector("far"), mesh, portrait(name))
    assert points.shape == (468, 3)
    assert presence > 0.99
    left, right = points[[33, 133], :2].mean(axis=0), points[[263, 362], :2].mean(axis=0)
    reach = 0.08 * np.linalg.norm(left - right)
    assert np.linalg.norm(left - PUPILS[name][0]) < reach
    assert np.linalg.norm(right - PUPILS[name][1]) < reach
    assert points[1, 2] < points[[234, 454], 2].min()  # the nose is nearer than the ears


def test_depth_has_the_unit_of_the_picture(detector: Callable[[str], BlazeFace], mesh: FaceMesh) -> None:
    def depth(picture: Picture) -> float:
        _, points, _ = fitted(detector("far"), mesh, picture)
        return float(points[[234, 454], 2].mean() - points[1, 2])

    picture = portrait("obama")
    half = np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    assert depth(half) == pytest.approx(depth(picture) / 2, rel=0.1)


@pytest.mark.parametrize("angle", [-40, 25])
def test_a_turned_picture_has_a_turned_mesh(detector: Callable[[str], BlazeFace], mesh: FaceMesh, angle: float) -> None:
    upright = portrait("astronaut")
    turn = cv2.getRotationMatrix2D((225.0, 120.0), angle, 1.0)
    turned = np.asarray(cv2.warpAffine(upright, turn, (512, 512)))
    _, points, _ = fitted(detector("far"), mesh, upright)
    _, found, _ = fitted(detector("far"), mesh, turned)
    expected = points[:, :2] @ turn[:, :2].T + turn[:, 2]
    assert np.linalg.norm(found[:, :2] - expected, axis=1).mean() < 2.5


def test_the_crop_of_the_mesh_is_upright_and_maps_back(detector: Callable[[str], BlazeFace], mesh: FaceMesh) -> None:
    picture = portrait("biden")
    found = mesh.fit(picture, detector("far").detect(picture)[0])
    inside = found.points[:, :2] @ found.to_crop[:, :2].T + found.to_crop[:, 2]
    assert (inside > 0).all()
    assert (inside < 192).all()
    left, right = inside[[33, 133]].mean(axis=0), inside[[263, 362]].mean(axis=0)
    assert abs(left[1] - right[1]) < 0.12 * (right[0] - left[0])


def test_where_there_is_no_face_the_presence_says_so(mesh: FaceMesh, detector: Callable[[str], BlazeFace]) -> None:
    picture = portrait("astronaut")
    face = detector("far").detect(picture)[0]
    blank = np.full_like(picture, 128)
    assert mesh.fit(blank, face).presence < 0.2
