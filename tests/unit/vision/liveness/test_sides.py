from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from moving_heads import FPS, Depth, Step, bent_sheet, head, moved, sheet

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.liveness.sides import KEPT_S, Pair, Sides

COMES = [Step((0.10 * n, -0.03 * n), (4.0 * n, 0.0)) for n in (2.0, 1.0, 0.0)]
"""Somebody who comes in from beside within three frames, and stops."""
STANDS = [Step()] * 9


def compared(face: Face, wall: Picture, steps: list[Step], depth: Depth = head) -> list[Pair]:
    sides = Sides()
    frames = moved(face, wall, steps, depth)
    return [pair for now_s, one in frames if (pair := sides.observe(one, now_s))]


def _turned(face: Face, yaw_deg: float) -> Face:
    """The same picture; the mesh says that it has turned."""
    figures = face.quality.figures
    pose = replace(figures.pose, yaw=figures.pose.yaw + yaw_deg)
    return replace(face, quality=replace(face.quality, figures=replace(figures, pose=pose)))


def test_who_comes_in_and_stops_is_compared_with_how_he_came(face: Face, wall: Picture) -> None:
    found = compared(face, wall, [*COMES, *STANDS])
    assert len(found) >= 5  # the three sides two by two, and the later ones with the earlier ones
    for pair in found:
        assert pair.gain > 25.0
        assert pair.turn @ pair.expected > 0.9 * np.hypot(*pair.turn) * np.hypot(*pair.expected)


@pytest.mark.parametrize(("wide", "high"), [(0, 0), (160, 0), (0, 160)])
def test_who_walks_across_the_picture_is_expected_to_be_seen_from_another_side(
    face: Face, wall: Picture, wide: int, high: int
) -> None:
    """A mesh that is fitted to a smear sees less of it than there is. The picture's longer side tells the lens."""
    frames = moved(face, wall, [Step(shift=(-30.0, -10.0)), Step(shift=(30.0, 10.0))], sheet)
    first, second = (_framed(one, wide, high) for _, one in frames)
    sides = Sides()
    assert sides.observe(first, 0.0) is None
    pair = sides.observe(_turned(second, 5.0), 0.1)
    assert pair is not None
    focal = 0.8 * max(first.picture.shape[:2])
    across, down = (2.0 * np.degrees(np.arctan(way / focal)) for way in (30.0, 10.0))
    assert -np.degrees(np.arcsin(pair.expected)) == pytest.approx((0.8 * 5.0 + 0.4 * across, 0.4 * down), abs=0.3)


def _framed(face: Face, wide: int, high: int) -> Face:
    """The same in a picture that is larger by so much at either side, and above and below."""
    picture = np.asarray(np.pad(face.picture, ((high, high), (wide, wide), (0, 0)), "edge"), np.uint8)
    return replace(face, picture=picture, points=face.points + np.float32([wide, high, 0.0]))


@pytest.mark.parametrize(("depth", "most"), [(sheet, 1.5), (bent_sheet, 2.0)])
def test_a_sheet_gains_nothing_both_ways(face: Face, wall: Picture, depth: Depth, most: float) -> None:
    found = compared(face, wall, [*COMES, *STANDS], depth)
    assert len(found) >= 5
    assert np.mean([pair.gain for pair in found]) < most
    for pair in found:  # what a bend gains it gains by a turn that is none
        assert np.hypot(*pair.turn) < 0.1 * np.hypot(*pair.expected)


SMEARS = [(5, 1), (9, 1), (12, 1), (1, 9)]
"""Of somebody who moves across the view, and who moves up or down, pixels."""


def _smeared_and_sharp(face: Face, wall: Picture, smear: tuple[int, int], depth: Depth, turn: float) -> Pair:
    """Two pictures, the first one smeared; the mesh sees a turn by eight degrees."""
    (_, first), (_, second) = moved(face, wall, [Step(), Step((turn, 0.0))], depth)
    sides = Sides()
    smeared = replace(first, picture=cv2.blur(first.picture, smear))
    assert sides.observe(_turned(smeared, -8.0 + float(np.degrees(turn))), 0.0) is None
    pair = sides.observe(second, 0.1)
    assert pair is not None
    return pair


@pytest.mark.parametrize("smear", [(25, 1), (1, 13), (1, 21)])
def test_what_is_smeared_too_far_is_not_compared(face: Face, wall: Picture, smear: tuple[int, int]) -> None:
    """The little that is left of it is bent by the smear, and agrees with a turn as often as not."""
    (_, first), (_, second) = moved(face, wall, [Step(), Step()], sheet)
    smeared = replace(first, picture=cv2.blur(first.picture, smear))
    sides = Sides()
    assert sides.observe(_turned(smeared, -8.0), 0.0) is None
    assert sides.observe(second, 0.1) is None


@pytest.mark.parametrize("smear", SMEARS)
def test_a_smear_is_no_depth(face: Face, wall: Picture, smear: tuple[int, int]) -> None:
    pair = _smeared_and_sharp(face, wall, smear, sheet, 0.0)
    assert pair.gain < 4.0
    assert np.degrees(np.hypot(*pair.turn)) < 0.3 * 8.0  # a smaller part of the mesh's turn than a head's would be


@pytest.mark.parametrize("smear", SMEARS)
def test_a_head_that_was_smeared_when_it_turned_is_a_head(face: Face, wall: Picture, smear: tuple[int, int]) -> None:
    pair = _smeared_and_sharp(face, wall, smear, head, 0.14)
    assert pair.gain > 7.0
    assert pair.turn @ pair.expected > 0.9 * np.hypot(*pair.turn) * np.hypot(*pair.expected)


@pytest.mark.parametrize("grey", [0, 120, 255])
def test_a_face_without_texture_is_compared_with_nobody(face: Face, grey: int) -> None:
    """Blown out, or the lens is covered: least squares have no solution then, which must not end the thread."""
    blank = replace(face, picture=np.full_like(face.picture, grey))
    sides = Sides()
    for n in range(4):
        assert sides.observe(_turned(blank if n % 2 else face, 8.0 * (n % 2)), n / FPS) is None


def test_who_stands_still_is_compared_with_nobody(face: Face, wall: Picture) -> None:
    assert compared(face, wall, [Step()] * 30) == []


def test_one_pair_is_compared_in_a_frame_and_old_sides_are_forgotten(face: Face, wall: Picture) -> None:
    sides = Sides()
    frames = [one for _, one in moved(face, wall, [*COMES, Step()], head)]
    for number, one in enumerate(frames[:2]):
        sides.observe(one, number / FPS)
    assert sides.observe(frames[3], KEPT_S + 1.0) is None
    assert sides.observe(frames[3], KEPT_S + 1.1) is None


def test_a_face_cut_off_is_no_side(face: Face, wall: Picture) -> None:
    sides = Sides()
    (_, one), (_, two) = moved(face, wall, COMES[:2], head)
    off = replace(one, points=one.points - np.float32([150.0, 0.0, 0.0]))
    assert sides.observe(off, 0.0) is None
    assert sides.observe(two, 0.1) is None


def test_points_that_are_no_numbers_are_no_side(face: Face) -> None:
    sides = Sides()
    broken = face.points.copy()
    broken[10] = np.nan
    assert sides.observe(replace(face, points=broken), 0.0) is None
    assert sides.observe(face, 0.1) is None
