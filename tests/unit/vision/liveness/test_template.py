from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from moving_heads import Step, mesh_beside, moved, sheet

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.liveness.patch import STILL, laid_over, working_scale
from edge.vision.liveness.template import COARSE_EYE_PX, Template


def test_the_common_motion_is_that_of_the_texture(face: Face, wall: Picture) -> None:
    step = Step(shift=(5.0, -3.0), grow=0.04)
    (_, first), (_, second) = moved(face, wall, [Step(), step], sheet)
    slipped = replace(second, points=second.points + np.float32(0.8))  # the mesh is never quite right
    found = Template(first, COARSE_EYE_PX).follow(slipped)
    assert found is not None
    middle = (face.points[:, :2].min(axis=0) + face.points[:, :2].max(axis=0)) / 2
    gone = found[:, :2] @ middle + found[:, 2] - middle
    assert gone == pytest.approx(step.shift, abs=0.3)


@pytest.mark.parametrize(
    ("grown", "shift"), [(1.0, (5.0, 0.0)), (1.0, (-3.0, 5.0)), (0.9, (0.0, 3.0)), (1.05, (2.0, -2.0))]
)
def test_a_mesh_that_is_a_tenth_off_loses_no_face(face: Face, grown: float, shift: tuple[float, float]) -> None:
    assert Template(face, COARSE_EYE_PX).follow(mesh_beside(face, grown, shift)) is not None


def test_another_face_is_not_followed(face: Face) -> None:
    rng = np.random.default_rng(3)
    other = replace(face, picture=rng.integers(0, 255, face.picture.shape, np.uint8))
    assert Template(face, COARSE_EYE_PX).follow(other) is None
    folded = face.points.copy()
    folded[:, 0] = folded[0, 0]
    assert Template(face, COARSE_EYE_PX).follow(replace(face, points=folded)) is None


def test_what_shows_nothing_is_not_the_same_face(face: Face) -> None:
    """Of a picture without texture no more is left than the template itself: that is no likeness."""
    template = Template(face, COARSE_EYE_PX)
    assert template.follow(face) is not None
    assert template.follow(replace(face, picture=np.full_like(face.picture, 120))) is None
    assert template.follow(replace(face, points=face.points + np.float32([1000.0, 0.0, 0.0]))) is None
    smeared = replace(face, picture=cv2.blur(face.picture, (15, 1)))
    assert template.follow(smeared) is not None


def test_a_near_face_that_is_nearly_out_of_view_is_not_followed_and_ends_nothing(face: Face) -> None:
    """Little of the picture is needed then, and it is made smaller before it is looked at."""
    large = replace(
        face,
        picture=np.asarray(cv2.resize(face.picture, None, fx=8.0, fy=8.0), np.uint8),
        points=face.points * np.float32(8.0),
        eye_px=face.eye_px * 8.0,
    )
    template = Template(large, COARSE_EYE_PX)
    low, high = large.points[:, :2].min(axis=0), large.points[:, :2].max(axis=0)
    margin = 0.15 * (high[0] - low[0])
    for inside in (7, 8, 9, 12, 16, 31, 64):
        for shift in ((inside - high[0] - margin, 0.0), (0.0, inside - high[1] - margin)):
            gone = replace(large, points=large.points + np.float32([*shift, 0.0]))
            assert template.follow(gone) is None
    assert template.follow(replace(large, picture=large.picture[:10, :10].copy())) is None


@pytest.mark.parametrize("eye_px", [0.0, 1e-30, -3.0, float("nan"), 1e4, float("inf")])
def test_an_impossible_distance_of_the_eyes_is_refused(face: Face, eye_px: float) -> None:
    with pytest.raises(ValueError, match="too small"):
        Template(replace(face, eye_px=eye_px), COARSE_EYE_PX)


def test_points_that_are_no_numbers_are_refused(face: Face) -> None:
    broken = face.points.copy()
    broken[7] = np.nan
    assert Template(face, COARSE_EYE_PX).follow(replace(face, points=broken)) is None
    with pytest.raises(ValueError, match="too small"):
        Template(replace(face, points=broken), COARSE_EYE_PX)


def test_a_face_that_is_cut_off_or_tiny_is_no_template(face: Face) -> None:
    with pytest.raises(ValueError, match="cut off"):
        Template(replace(face, points=face.points - np.float32([150.0, 0.0, 0.0])), COARSE_EYE_PX)
    with pytest.raises(ValueError, match="too small"):
        Template(replace(face, points=face.points * np.float32(0.1) + np.float32(100.0)), COARSE_EYE_PX)


def test_a_near_face_is_looked_at_in_a_bounded_size_and_no_smaller() -> None:
    assert [working_scale(eye_px, 50.0) for eye_px in (20.0, 50.0, 75.0, 200.0)] == pytest.approx(
        [1.0, 1.0, 2 / 3, 0.25]
    )


@pytest.mark.parametrize("scale", [1.0, 0.8, 2 / 3, 0.5, 0.3])
def test_a_part_keeps_its_place_in_every_working_size(scale: float) -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[80:120, 140:180] = 240
    origin = np.array([100.0, 40.0])
    part = laid_over(picture, STILL, origin, scale, (round(120 * scale), round(120 * scale)))
    rows, columns = np.nonzero(part > 120)
    assert (columns.mean() + 0.5) / scale + origin[0] == pytest.approx(160.0, abs=1.0)
    assert (rows.mean() + 0.5) / scale + origin[1] == pytest.approx(100.0, abs=1.0)
