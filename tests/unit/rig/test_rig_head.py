"""A rendered head is one: its points are where a camera sees them, and the gate's own networks find and know it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rig_samples import PORTRAITS, grey

from edge.errors import DataError
from edge.rig.anatomy import LOWER, UPPER
from edge.rig.head import Build, Head, HeadPose
from edge.rig.lens import Lens, rotation
from edge.rig.portrait import EYES_MM, PIVOT_MM, Fit, Portrait, load_portrait, make_portrait
from edge.vision.faces import Face, FaceFinder
from edge.vision.picture_file import load_picture

LENS = Lens()
PLAIN = Build(relief=0.0)


def rendered(portrait: Portrait, pose: HeadPose) -> np.ndarray:  # type: ignore[type-arg]
    picture = grey()
    Head(portrait, PLAIN).draw(picture, LENS, pose)
    return picture


def seen(finder: FaceFinder, portrait: Portrait, pose: HeadPose) -> Face:
    found = finder.find(np.ascontiguousarray(cv2.GaussianBlur(rendered(portrait, pose), (0, 0), 0.6)))
    assert found, pose
    return found[0]


def test_a_turned_head_is_where_opencv_projects_it(astronaut: Portrait) -> None:
    pose = HeadPose(700.0, 30.0, -20.0, yaw=17.0, pitch=-8.0, roll=5.0)
    head = Head(astronaut, PLAIN)
    straight = (astronaut.still[:468] - PIVOT_MM) @ astronaut.unturn.T
    turn, _ = cv2.Rodrigues(rotation(17.0, -8.0, 5.0))
    place = PIVOT_MM + np.array([30.0, -20.0, 700.0])
    theirs, _ = cv2.projectPoints(straight, turn, place, LENS.matrix, None)
    stiff = astronaut.follows[:468] == 1.0  # all but what hangs on the neck
    ours = LENS.project(head.place(pose))[:468]
    assert stiff.sum() > 400
    assert np.abs(ours - theirs.reshape(-1, 2))[stiff].max() < 1e-6


def test_the_eyes_are_as_far_apart_as_people_have_them(astronaut: Portrait) -> None:
    points = Head(astronaut, PLAIN).place(HeadPose(700.0))
    eyes = points[[263, 362]].mean(axis=0) - points[[33, 133]].mean(axis=0)
    assert np.linalg.norm(eyes) == pytest.approx(EYES_MM, rel=0.02)
    moved = Head(astronaut, PLAIN).with_eyes_at(HeadPose(700.0, yaw=20.0), np.array([11.0, -7.0, 650.0]))
    there = Head(astronaut, PLAIN).place(moved)[[33, 133, 263, 362]].mean(axis=0)
    assert there == pytest.approx([11.0, -7.0, 650.0], abs=1e-6)


@pytest.mark.parametrize(
    "pose",
    [
        HeadPose(650.0),
        HeadPose(650.0, yaw=20.0),
        HeadPose(650.0, yaw=-20.0),
        HeadPose(650.0, pitch=12.0),
        HeadPose(650.0, pitch=-12.0),
        HeadPose(1100.0, 60.0, 20.0, roll=8.0),
    ],
)
def test_it_is_found_known_and_seen_to_be_turned(finder: FaceFinder, astronaut: Portrait, pose: HeadPose) -> None:
    source = finder.find(load_picture(PORTRAITS / "astronaut.jpg"))[0]
    face = seen(finder, astronaut, pose)
    alike = float(finder.embed(face) @ finder.embed(source))
    points = finder.embedder.spec.thresholds
    assert points is not None
    assert alike > points.one_frame[-1]
    measured = face.quality.figures.pose
    assert (measured.yaw, measured.roll) == pytest.approx((pose.yaw, pose.roll), abs=7.0)
    assert measured.pitch == pytest.approx(pose.pitch, abs=9.0)
    assert face.eye_px == pytest.approx(LENS.focal_px * EYES_MM / pose.z_mm, rel=0.15)


def test_the_whole_head_turns_and_not_a_mask_before_it(astronaut: Portrait) -> None:
    """Parallax: with the nose to the right, it has moved further than the rim of the face, and the hair not at all."""
    head = Head(astronaut, PLAIN)
    before, after = (LENS.project(head.place(HeadPose(650.0, yaw=yaw))) for yaw in (0.0, 15.0))
    moved = (after - before)[:, 0]
    nose, rim = moved[1], moved[[234, 454]].mean()
    high = np.flatnonzero(astronaut.still[:, 1] < astronaut.still[10, 1] - 25.0)
    assert len(high)
    assert nose > 15.0
    assert nose > 2.0 * abs(rim)
    assert abs(moved[high].mean()) < 0.5 * nose


def test_lids_fall_and_the_mouth_opens(finder: FaceFinder, president: Portrait, fit: Fit) -> None:
    head = Head(president, PLAIN)
    wide, shut = (head.place(HeadPose(500.0, lids=lids)) for lids in (0.0, 1.0))
    for upper, lower in zip(UPPER, LOWER, strict=True):
        gaps = [np.linalg.norm(points[upper] - points[lower], axis=1)[2:5].mean() for points in (wide, shut)]
        assert gaps[1] < 0.1 * gaps[0]
    pictures = [rendered(president, HeadPose(400.0, lids=lids)).astype(int) for lids in (0.0, 1.0)]
    x, y = np.round(LENS.project(head.place(HeadPose(400.0)))[[33, 133]].mean(axis=0)).astype(int)
    eyes = [picture[y - 3 : y + 4, x - 8 : x + 9] for picture in pictures]
    assert np.abs(eyes[0] - eyes[1]).mean() > 12
    assert np.abs(pictures[0][y + 60 : y + 90, x : x + 60] - pictures[1][y + 60 : y + 90, x : x + 60]).mean() < 0.5

    lips_together = load_portrait(PORTRAITS / "grace_hopper.jpg", fit)

    def mouth(jaw_rad: float) -> float:
        points = seen(finder, lips_together, HeadPose(650.0, jaw_rad=jaw_rad)).points
        return float(np.linalg.norm(points[13] - points[14]) / np.linalg.norm(points[33] - points[263]))

    assert mouth(0.25) > mouth(0.0) + 0.03


def test_a_portrait_without_a_face_or_turned_away_is_refused(fit: Fit, president: Portrait) -> None:
    with pytest.raises(DataError, match="no face"):
        make_portrait("wall", grey(), fit)
    with pytest.raises(DataError, match=r"nobody\.jpg cannot be read"):
        load_portrait(PORTRAITS / "nobody.jpg", fit)
    with pytest.raises(DataError, match="cut off"):
        make_portrait("chinless", np.ascontiguousarray(president.picture[: int(president.points[152, 1]) - 10]), fit)
    with pytest.raises(DataError, match="turned away"):
        make_portrait("aside", rendered(president, HeadPose(450.0, yaw=38.0)), fit)
