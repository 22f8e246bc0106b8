"""Somebody's figure hides head and body and nothing else; a sheet or a screen hides more, or less."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.liveness.cue import EVIDENCE_S, Seen
from edge.vision.liveness.figure import Figure, hidden
from edge.vision.liveness.judge import at_the_gate
from edge.vision.liveness.view import EmptyView
from edge.vision.mesh import OVAL

SIZE = (480, 640)


@pytest.fixture(scope="module")
def scene() -> Picture:
    grain = np.random.default_rng(3).integers(90, 160, (12, 16, 3), np.uint8)
    return np.asarray(cv2.resize(grain, SIZE[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.fixture(scope="module")
def view(scene: Picture) -> EmptyView:
    view = EmptyView()
    for tenth in range(20):
        view.observe(scene, tenth / 10, ())
    return view


@pytest.fixture(scope="module")
def somebody(face: Face) -> Face:
    """A face of 60 × 80 pixels in the middle of a camera's view."""
    oval = face.points[OVAL, :2]
    low, high = oval.min(axis=0), oval.max(axis=0)
    points = face.points.copy()
    points[:, :2] = (points[:, :2] - (low + high) / 2) * (60.0 / (high[0] - low[0])) + (320.0, 200.0)
    return replace(face, points=points)


def before(scene: Picture, *shapes: tuple[int, int, int, int], head: bool = True) -> Picture:
    """The scene with a head, and rectangles (left, top, right, bottom) of another colour."""
    picture = scene.copy()
    for left, top, right, bottom in shapes:
        picture[top:bottom, left:right] = (200, 40, 60)
    if head:
        cv2.ellipse(picture, ((320.0, 195.0), (84.0, 112.0), 0.0), (220, 180, 160), -1)
    return picture


BODY = (230, 265, 410, 480)


@pytest.mark.parametrize(
    ("shapes", "lives"),
    [
        ([BODY], True),
        ([], False),  # a head without a body
        ([(250, 120, 390, 300)], False),  # a print that ends above the ground
        ([(240, 110, 400, 280), BODY], False),  # a sheet before somebody's chest
        ([(270, 60, 370, 340)], False),  # a telephone
        ([(0, 0, 640, 480)], False),  # a monitor that fills the view
        ([(268, 131, 372, 269), BODY], False),  # a sheet trimmed as narrowly as hair: its corners
        ([BODY, (420, 60, 500, 480)], False),  # somebody close behind: a doubt, not a yes
    ],
)
def test_only_a_head_on_a_body_passes(
    view: EmptyView, scene: Picture, somebody: Face, shapes: list[tuple[int, int, int, int]], lives: bool
) -> None:
    cue = Figure(view)
    for number in range(6):
        cue.observe(Seen(replace(somebody, picture=before(scene, *shapes)), None, number / 15))
    found = cue.score()
    assert (found is not None and found >= cue.passes) is lives
    assert found is None or found > cue.fails


def shaded(picture: Picture, scene: Picture, left: int, top: int, right: int, bottom: int, share: float) -> Picture:
    """With a part of the scene in other shades of its own colours."""
    shaded = picture.copy()
    shaded[top:bottom, left:right] = np.clip(scene[top:bottom, left:right] * share, 0, 255).astype(np.uint8)
    return shaded


@pytest.mark.parametrize("share", [0.94, 1.06])
def test_clothes_nearly_of_the_walls_colour_are_a_chest(
    view: EmptyView, scene: Picture, somebody: Face, share: float
) -> None:
    dressed = hidden(view, replace(somebody, picture=shaded(before(scene), scene, *BODY, share)))
    bare = hidden(view, replace(somebody, picture=before(scene)))
    assert dressed is not None
    assert bare is not None
    assert dressed.below is not None
    assert dressed.below > 0.9
    assert bare.below == 0.0


def test_where_the_frame_tells_no_better_such_clothes_are_none(view: EmptyView, scene: Picture, somebody: Face) -> None:
    ripple = 1.0 + 0.05 * np.sin(np.arange(SIZE[0]) / 12.0)[:, None, None]
    rippled = np.clip(before(scene) * ripple, 0, 255).astype(np.uint8)
    found = hidden(view, replace(somebody, picture=rippled))
    assert found is not None
    assert found.around > 0.95
    assert found.below is not None
    assert found.below < 0.2


LOW = 225  # pixels; so much lower no chest is in view


def lowered(face: Face, picture: Picture, pixels: int = LOW) -> Face:
    points = face.points.copy()
    points[:, 1] += pixels
    return replace(face, points=points, picture=picture)


@pytest.mark.parametrize(
    ("shapes", "lives"),
    [
        ([], True),
        ([(250, 345, 390, 480)], False),  # a print with a margin
        ([(268, 356, 372, 480)], False),  # one trimmed as narrowly as hair
        ([(240, 180, 400, 480)], False),  # a tablet
        ([(0, 0, 640, 480)], False),  # a monitor
    ],
)
def test_where_the_picture_ends_above_the_chest_the_head_is_judged_alone(
    view: EmptyView, scene: Picture, somebody: Face, shapes: list[tuple[int, int, int, int]], lives: bool
) -> None:
    picture = before(scene, *shapes, head=False)
    cv2.ellipse(picture, ((320.0, 195.0 + LOW), (84.0, 112.0), 0.0), (220, 180, 160), -1)
    cue = Figure(view)
    for number in range(6):
        cue.observe(Seen(lowered(somebody, picture), None, number / 10))
    found = cue.score()
    assert (found is not None and found >= cue.passes) is lives


def test_a_head_alone_must_stand_free_on_both_sides(view: EmptyView, scene: Picture, somebody: Face) -> None:
    low = lowered(somebody, scene)
    assert hidden(view, low) is not None
    for aside in (-310.0, 310.0):  # its middle is at the edge of the picture
        points = low.points + np.float32([aside, 0.0, 0.0])
        assert hidden(view, replace(low, points=points)) is None
        points[:, 1] -= LOW
        assert hidden(view, replace(low, points=points)) is not None  # not with a chest


def test_a_chest_that_was_missing_counts_when_it_has_left_the_view(
    view: EmptyView, scene: Picture, somebody: Face
) -> None:
    low = before(scene, head=False)
    cv2.ellipse(low, ((320.0, 195.0 + LOW), (84.0, 112.0), 0.0), (220, 180, 160), -1)
    cue = Figure(view)
    cue.observe(Seen(replace(somebody, picture=before(scene)), None, 0.0))
    for number in range(1, 6):
        cue.observe(Seen(lowered(somebody, low), None, number / 10))
    found = cue.score()
    assert found is not None
    assert found < cue.passes
    cue.observe(Seen(lowered(somebody, low), None, EVIDENCE_S + 0.05))
    found = cue.score()
    assert found is not None
    assert found >= cue.passes


def test_leaves_where_the_chest_should_be_say_nothing(scene: Picture, somebody: Face) -> None:
    view, rng = EmptyView(), np.random.default_rng(4)
    for tenth in range(20):
        moving = scene.copy()
        moving[250:, 240:400] = cv2.resize(rng.integers(0, 255, (29, 20, 3), np.uint8), (160, 230))
        view.observe(moving, tenth / 10, ())
    assert hidden(view, replace(somebody, picture=before(scene, BODY))) is None


def test_nothing_is_said_before_the_view_is_known_or_where_too_little_of_it_shows(
    view: EmptyView, scene: Picture, somebody: Face
) -> None:
    seen = replace(somebody, picture=before(scene, BODY))
    assert hidden(EmptyView(), seen) is None
    near = seen.points.copy()
    near[:, :2] = (near[:, :2] - (320.0, 200.0)) * 6.0 + (320.0, 240.0)
    assert hidden(view, replace(seen, points=near)) is None
    fresh = Figure(view)
    fresh.observe(Seen(seen, None, 0.0))
    assert fresh.score() is None


def test_one_bad_frame_is_none_and_evidence_grows_old(view: EmptyView, scene: Picture, somebody: Face) -> None:
    good, bad = (replace(somebody, picture=before(scene, *shapes)) for shapes in ([BODY], []))
    cue = Figure(view)
    for number in range(10):
        cue.observe(Seen(bad if number == 4 else good, None, number / 15))
    found = cue.score()
    assert found is not None
    assert found >= cue.passes
    cue.observe(Seen(bad, None, 10.0 / 15 + EVIDENCE_S))
    assert cue.score() is None


def test_a_gate_that_never_saw_its_view_empty_lets_nobody_pass(face: Face) -> None:
    liveness = at_the_gate(EmptyView())
    for number in range(10):
        liveness.observe(face, number / 15)
    assert "figure" not in liveness.verdict().cues
    assert liveness.verdict().life.value != "live"
