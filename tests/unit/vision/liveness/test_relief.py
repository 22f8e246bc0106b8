from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from moving_heads import Depth, Step, bent_sheet, halved, head, mesh_beside, moved, sheet

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.liveness.relief import Laid, Relief
from edge.vision.liveness.template import FINE_EYE_PX, Template

TURNED = Step((0.10, -0.06), (3.0, -2.0), 0.05)


def template(face: Face) -> Template:
    return Template(face, FINE_EYE_PX)


def relief(face: Face) -> Relief:
    return Relief(template(face))


def gain(found: Laid) -> float:
    """How much better a head explains it than a sheet, in units of the noise, per number."""
    return float(found.turn @ found.information @ found.turn) / 2


def laid(face: Face, wall: Picture, step: Step, depth: Depth) -> Laid:
    (_, first), (_, second) = moved(face, wall, [Step(), step], depth)
    found = relief(first).lay(template(second))
    assert found is not None
    return found


def test_a_head_that_turns_is_a_head_and_which_way_it_turned_is_found(face: Face, wall: Picture) -> None:
    found = laid(face, wall, TURNED, head)
    assert gain(found) > 20.0
    # A part of the turn is taken for a bend; its direction is what counts.
    assert np.hypot(*found.turn) > 0.03
    assert np.dot(found.turn, (-0.10, 0.06)) > 0.8 * np.hypot(*found.turn) * np.hypot(0.10, 0.06)


@pytest.mark.parametrize("depth", [sheet, bent_sheet])
def test_a_sheet_has_no_relief_flat_or_bent(face: Face, wall: Picture, depth: Depth) -> None:
    found = laid(face, wall, TURNED, depth)
    assert gain(found) < 4.0
    assert np.hypot(*found.turn) < 0.04


def test_who_stands_still_shows_nothing(face: Face, wall: Picture) -> None:
    assert gain(laid(face, wall, Step(), head)) < 4.0


@pytest.mark.parametrize("grow", [0.2, 0.4])
def test_a_small_face_that_comes_nearer_keeps_its_depth(face: Face, wall: Picture, grow: float) -> None:
    """Below the working size nothing is made smaller: two sides of it are of different size, and are filtered alike."""
    steps = [Step(), Step((0.12, 0.0), (0.0, 0.0), grow)]
    for depth, least, most in ((head, 3.0, np.inf), (sheet, 0.0, 3.0)):
        first, second = (halved(one) for _, one in moved(face, wall, steps, depth))
        found = relief(first).lay(template(second))
        assert found is not None
        assert least < gain(found) < most


@pytest.mark.parametrize(
    ("grown", "shift"), [(1.0, (5.0, 0.0)), (1.0, (-3.0, 5.0)), (0.9, (0.0, 3.0)), (1.05, (2.0, -2.0))]
)
def test_a_mesh_that_is_a_tenth_off_hides_no_turn(
    face: Face, wall: Picture, grown: float, shift: tuple[float, float]
) -> None:
    (_, first), (_, second) = moved(face, wall, [Step(), TURNED], head)
    found = relief(first).lay(template(mesh_beside(second, grown, shift)))
    assert found is not None
    assert np.dot(found.turn, (-0.10, 0.06)) > 0.8 * np.hypot(*found.turn) * np.hypot(0.10, 0.06)
    assert gain(found) > 4.0  # a sheet has less, see above


def test_another_face_is_not_laid_over(face: Face) -> None:
    rng = np.random.default_rng(3)
    other = replace(face, picture=rng.integers(0, 255, face.picture.shape, np.uint8))
    assert relief(face).lay(template(other)) is None


def test_what_is_smeared_is_the_same_face(face: Face) -> None:
    found = relief(face)
    assert found.lay(template(face)) is not None
    smeared = replace(face, picture=cv2.blur(face.picture, (15, 1)))
    assert found.lay(template(smeared)) is not None
