from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from vision_samples import portrait, quality

from edge.drivers.camera import Picture
from edge.events import PoorReason
from edge.vision.faces import Face, FaceFinder
from edge.vision.geometry import Box
from edge.vision.pose import pose_of
from edge.vision.quality import ENROLMENT, RECOGNITION, Figures, poor
from edge.vision.texture import Texture, surroundings_luma

PORTRAITS = ("obama", "obama2", "obama3", "biden", "astronaut", "grace_hopper")


def look(finder: FaceFinder, picture: Picture) -> Face:
    return finder.find(np.ascontiguousarray(picture))[0]


def lit(picture: Picture, gain: float) -> Picture:
    noise = np.random.default_rng(0).normal(0, 1, picture.shape)
    return np.clip(picture * gain + noise, 0, 255).astype(np.uint8)


def moved(picture: Picture, length: int) -> Picture:
    return np.asarray(cv2.filter2D(picture, -1, np.full((1, length), 1.0 / length)))


@pytest.mark.parametrize("name", PORTRAITS)
def test_official_portraits_are_fit_to_enrol(finder: FaceFinder, name: str) -> None:
    found = look(finder, portrait(name)).quality
    assert (found.reason, found.enrolment_reason) == (None, None)
    assert found.score > 0.9


Spoil = Callable[[Picture, Face], Picture]
SPOILT: list[tuple[Spoil, PoorReason]] = [
    (lambda p, f: cv2.GaussianBlur(p, (0, 0), 0.08 * f.eye_px), PoorReason.BLURRED),
    (lambda p, f: moved(p, int(0.4 * f.eye_px)), PoorReason.BLURRED),
    (lambda p, f: lit(p, 10.0 / f.quality.figures.texture.luma), PoorReason.TOO_DARK),
    (lambda p, f: lit(p, 320.0 / f.quality.figures.texture.luma), PoorReason.TOO_BRIGHT),
    (lambda p, f: p[:, int(f.points[:, 0].min() * 0.57 + f.points[:, 0].max() * 0.43) :], PoorReason.CUT_OFF),
    (lambda p, f: p[: int(f.points[:, 1].min() * 0.33 + f.points[:, 1].max() * 0.67)], PoorReason.CUT_OFF),
    (lambda p, f: cv2.resize(p, None, fx=12.5 / f.eye_px, fy=12.5 / f.eye_px, interpolation=3), PoorReason.TOO_FAR),
]


@pytest.mark.parametrize("name", ["astronaut", "obama", "biden"])
@pytest.mark.parametrize(("spoil", "reason"), SPOILT, ids=[f"{n}-{r}" for n, (_, r) in enumerate(SPOILT)])
def test_what_is_wrong_with_a_picture_is_named(finder: FaceFinder, spoil: Spoil, reason: PoorReason, name: str) -> None:
    picture = portrait(name)
    found = look(finder, spoil(picture, look(finder, picture))).quality
    assert found.reason == reason
    assert found.enrolment_reason is not None
    assert found.score == 0.0


@pytest.mark.parametrize("name", ["obama", "biden"])
def test_motion_up_and_down_blurs_too(finder: FaceFinder, name: str) -> None:
    picture = portrait(name)
    length = int(0.4 * look(finder, picture).eye_px)
    upright = moved(picture.transpose(1, 0, 2).copy(), length).transpose(1, 0, 2)
    assert look(finder, upright).quality.reason == PoorReason.BLURRED


def test_a_dark_face_before_a_bright_sky_is_backlit(finder: FaceFinder) -> None:
    picture = portrait("astronaut")
    face = look(finder, picture)
    against = np.full((512, 768, 3), 240, np.uint8)
    against[:, 128:640] = lit(picture, 0.07)
    outline = np.zeros(against.shape[:2], np.uint8)
    x, y = (round(v) for v in face.box.centre)
    cv2.ellipse(outline, (x + 128, y), (80, 110), 0, 0, 360, 1, -1)
    against[outline == 0] = 240
    assert look(finder, against).quality.reason == PoorReason.BACKLIT
    assert look(finder, lit(picture, 0.07)).quality.reason == PoorReason.TOO_DARK


def test_more_blur_is_never_better(finder: FaceFinder) -> None:
    picture = portrait("obama")
    eye_px = look(finder, picture).eye_px
    spoilt = [cv2.GaussianBlur(picture, (0, 0), share * eye_px) for share in (0.01, 0.03, 0.05, 0.07)]
    sharpness = [look(finder, p).quality.figures.texture.sharpness for p in spoilt]
    assert sharpness == sorted(sharpness, reverse=True)
    scores = [look(finder, p).quality.score for p in spoilt]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


def test_sharpness_hardly_depends_on_light_and_size(finder: FaceFinder) -> None:
    picture = portrait("obama")
    plain = look(finder, picture).quality.figures.texture.sharpness
    dim = look(finder, np.asarray(picture // 2)).quality.figures.texture.sharpness
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert dim == pytest.approx(plain, rel=0.1)
    assert look(finder, half).quality.figures.texture.sharpness == pytest.approx(plain, rel=0.2)


def turned(points: np.ndarray, axis: int, degrees: float) -> np.ndarray:
    """The points turned about x (0), y (1) or z (2), right-handed."""
    a, b = [i for i in range(3) if i != axis] if axis != 1 else (2, 0)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    out = points.copy()
    out[:, a] = cos * points[:, a] - sin * points[:, b]
    out[:, b] = sin * points[:, a] + cos * points[:, b]
    return out.astype(np.float32)


@pytest.mark.parametrize("angle", [-30.0, -10.0, 15.0, 35.0])
def test_pose_follows_the_head_about_each_axis(finder: FaceFinder, angle: float) -> None:
    points = look(finder, portrait("obama")).points
    straight = pose_of(points)
    assert pose_of(turned(points, 2, angle)).roll == pytest.approx(straight.roll + angle, abs=2.0)
    # A turn about y from z to x takes the nose, which lies at negative z, to the left.
    assert pose_of(turned(points, 1, angle)).yaw == pytest.approx(straight.yaw - angle, abs=3.0)
    assert pose_of(turned(points, 0, angle)).pitch == pytest.approx(straight.pitch + angle, abs=3.0)


def test_the_nose_says_which_way_a_face_looks(finder: FaceFinder) -> None:
    points = look(finder, portrait("obama")).points
    right = turned(points, 1, -30.0)
    middle = (right[234, 0] + right[454, 0]) / 2
    assert right[1, 0] > middle
    assert pose_of(right).yaw > 20
    down = turned(points, 0, 25.0)
    assert pose_of(down).pitch > 15
    assert (down[1, 1] - down[10, 1]) / (down[152, 1] - down[1, 1]) > (points[1, 1] - points[10, 1]) / (
        points[152, 1] - points[1, 1]
    )


def test_a_mirrored_picture_looks_the_other_way(finder: FaceFinder) -> None:
    picture = portrait("biden")
    one, other = look(finder, picture), look(finder, picture[:, ::-1])
    for angle in ("yaw", "roll"):
        value = getattr(one.quality.figures.pose, angle)
        assert getattr(other.quality.figures.pose, angle) == pytest.approx(-value, abs=4.0)
        assert abs(value) > 5


FINE = quality().figures


@pytest.mark.parametrize("limits", [RECOGNITION, ENROLMENT])
def test_each_limit_separates_fit_from_poor(limits: object) -> None:
    level = RECOGNITION if limits is RECOGNITION else ENROLMENT

    def pose(**turn: float) -> Figures:
        return replace(FINE, pose=replace(FINE.pose, **turn))

    def texture(**more: float) -> Figures:
        return replace(FINE, texture=replace(FINE.texture, **more))

    cases = [
        (replace(FINE, eye_px=level.eye_px - 0.1), replace(FINE, eye_px=level.eye_px + 0.1), PoorReason.TOO_FAR),
        (replace(FINE, inside=level.inside - 0.01), replace(FINE, inside=level.inside + 0.01), PoorReason.CUT_OFF),
        (pose(yaw=-level.yaw_deg - 1), pose(yaw=level.yaw_deg - 1), PoorReason.TURNED_AWAY),
        (pose(pitch=level.pitch_deg + 1), pose(pitch=1 - level.pitch_deg), PoorReason.TURNED_AWAY),
        (texture(luma=level.dark - 1), texture(luma=level.dark + 1), PoorReason.TOO_DARK),
        (texture(saturated=level.bright + 0.01), texture(saturated=level.bright - 0.01), PoorReason.TOO_BRIGHT),
        (texture(sharpness=level.sharpness - 0.01), texture(sharpness=level.sharpness + 0.01), PoorReason.BLURRED),
    ]
    for bad, good, reason in cases:
        assert poor(replace(bad, surroundings=20.0), level) == reason
        assert poor(good, level) is None


def test_enrolment_asks_for_more_than_recognition() -> None:
    assert ENROLMENT.eye_px > RECOGNITION.eye_px
    assert ENROLMENT.inside > RECOGNITION.inside
    assert ENROLMENT.dark > RECOGNITION.dark
    assert ENROLMENT.bright < RECOGNITION.bright
    assert ENROLMENT.yaw_deg < RECOGNITION.yaw_deg
    assert ENROLMENT.pitch_deg < RECOGNITION.pitch_deg
    assert ENROLMENT.sharpness > RECOGNITION.sharpness


def test_the_first_thing_to_remedy_is_named_first() -> None:
    far_and_blurred = replace(FINE, eye_px=5.0, texture=Texture(100.0, 0.0, 0.01))
    assert poor(far_and_blurred, RECOGNITION) == PoorReason.TOO_FAR
    assert poor(replace(far_and_blurred, inside=0.2), RECOGNITION) == PoorReason.CUT_OFF


def test_surroundings_are_what_is_left_without_the_face() -> None:
    picture = np.full((480, 640, 3), 200, np.uint8)
    picture[100:300, 200:400] = 10
    assert surroundings_luma(picture, Box(190, 90, 410, 310)) == pytest.approx(200, abs=1)
    assert surroundings_luma(picture, Box(-10, -10, 700, 500)) == 0.0
    assert surroundings_luma(np.full((10, 10, 3), 9, np.uint8), Box(50, 50, 60, 60)) == pytest.approx(9)
