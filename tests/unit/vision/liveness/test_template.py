from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from moving_heads import Depth, Step, bent_sheet, head, moved, sheet

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.liveness.template import Laid, Template

TURNED = Step((0.10, -0.06), (3.0, -2.0), 0.05)


def laid(face: Face, wall: Picture, step: Step, depth: Depth) -> Laid:
    (_, first), (_, second) = moved(face, wall, [Step(), step], depth)
    found = Template(first).lay(second)
    assert found is not None
    return found


def test_a_head_that_turns_is_a_head_and_by_how_much_it_turned_is_found(face: Face, wall: Picture) -> None:
    found = laid(face, wall, TURNED, head)
    assert found.evidence > 150.0
    assert found.turn == pytest.approx((-0.10, 0.06), abs=0.05)
    assert found.alike > 0.9


@pytest.mark.parametrize("depth", [sheet, bent_sheet])
def test_a_sheet_has_no_relief_flat_or_bent(face: Face, wall: Picture, depth: Depth) -> None:
    found = laid(face, wall, TURNED, depth)
    assert found.evidence < 40.0
    assert np.hypot(*found.turn) < 0.04


def test_who_stands_still_shows_nothing(face: Face, wall: Picture) -> None:
    assert laid(face, wall, Step(), head).evidence < 40.0


def test_the_common_motion_is_that_of_the_texture(face: Face, wall: Picture) -> None:
    step = Step(shift=(5.0, -3.0), grow=0.04)
    (_, first), (_, second) = moved(face, wall, [Step(), step], sheet)
    slipped = replace(second, points=second.points + np.float32(0.8))  # the mesh is never quite right
    found = Template(first).lay(slipped)
    assert found is not None
    middle = (face.points[:, :2].min(axis=0) + face.points[:, :2].max(axis=0)) / 2
    gone = found.matrix[:, :2] @ middle + found.matrix[:, 2] - middle
    assert gone == pytest.approx(step.shift, abs=0.3)


def test_another_face_is_not_laid_over(face: Face) -> None:
    rng = np.random.default_rng(3)
    other = replace(face, picture=rng.integers(0, 255, face.picture.shape, np.uint8))
    assert Template(face).lay(other) is None
    folded = face.points.copy()
    folded[:, 0] = folded[0, 0]
    assert Template(face).lay(replace(face, points=folded)) is None


def test_points_that_are_no_numbers_are_refused(face: Face) -> None:
    broken = face.points.copy()
    broken[7] = np.nan
    assert Template(face).lay(replace(face, points=broken)) is None
    with pytest.raises(ValueError, match="too small"):
        Template(replace(face, points=broken))


def test_a_face_that_is_cut_off_or_tiny_is_no_template(face: Face) -> None:
    with pytest.raises(ValueError, match="cut off"):
        Template(replace(face, points=face.points - np.float32([150.0, 0.0, 0.0])))
    with pytest.raises(ValueError, match="too small"):
        Template(replace(face, points=face.points * np.float32(0.1) + np.float32(100.0)))
