from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.vision.faces import Face
from edge.vision.liveness.patch import Floats, filtered
from edge.vision.liveness.sharpness import equally_sharp, steepness

INSIDE = slice(110, 210)  # of the face
AT = (np.arange(320)[INSIDE, None] * 320 + np.arange(320)[INSIDE]).reshape(-1)


def texture(face: Face, across: float = 0.0, down: float = 0.0) -> Floats:
    """What a template compares of a face whose picture was smeared: sigmas in pixels."""
    grey = cv2.cvtColor(face.picture, cv2.COLOR_RGB2GRAY)
    return filtered(np.asarray(cv2.GaussianBlur(grey, (0, 0), max(across, 0.2), sigmaY=max(down, 0.2)), np.uint8))


def as_sharp(one: Floats, other: Floats) -> tuple[Floats, Floats, float]:
    return equally_sharp(one, other, AT, steepness(one, AT))


def differ(one: Floats, other: Floats) -> float:
    return float(np.square(one - other)[INSIDE, INSIDE].mean())


SMEARS = [(2.5, 0.0), (0.0, 2.5), (2.0, 2.0), (4.0, 1.0)]


@pytest.mark.parametrize("smear", SMEARS)
def test_the_sharper_one_is_blurred_as_the_other_one_is(face: Face, smear: tuple[float, float]) -> None:
    sharp, smeared = texture(face), texture(face, *smear)
    blurred, kept, left = as_sharp(sharp, smeared)
    assert differ(blurred, kept) < 0.25 * differ(sharp, smeared)
    assert differ(kept, smeared) < 0.25 * differ(sharp, smeared)
    assert 0.05 < left < 0.9
    kept, blurred, left = as_sharp(smeared, sharp)
    assert differ(blurred, kept) < 0.25 * differ(sharp, smeared)
    assert differ(kept, smeared) < 0.25 * differ(sharp, smeared)
    assert left > 0.8


def test_one_smeared_across_and_one_smeared_down_are_both_blurred(face: Face) -> None:
    across, down = texture(face, 2.5, 0.0), texture(face, 0.0, 2.5)
    one, other, left = as_sharp(across, down)
    assert differ(one, other) < 0.25 * differ(across, down)
    assert left < 0.9


def test_what_is_equally_sharp_is_left_alone(face: Face) -> None:
    sharp = texture(face)
    darker = np.asarray(0.98 * sharp, np.float32)
    one, other, left = as_sharp(sharp, darker)
    assert one is sharp
    assert other is darker
    assert left == 1.0


def test_of_what_shows_nothing_nothing_is_left(face: Face) -> None:
    sharp, blank = texture(face), np.zeros((320, 320), np.float32)
    assert as_sharp(sharp, blank)[2] < 0.2
    assert as_sharp(blank, blank)[2] == 0.0
