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
from edge.vision.liveness.template import OVAL
from edge.vision.liveness.view import EmptyView

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
