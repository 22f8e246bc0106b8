"""A plane is one, exactly; a bent sheet is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.rig.head import HeadPose
from edge.rig.lens import Lens
from edge.rig.sheet import Sheet, Texture, homography

LENS = Lens()
POSE = HeadPose(600.0, 20.0, -30.0, yaw=18.0, pitch=-9.0, roll=4.0)
PLACES = np.stack(np.meshgrid(np.linspace(-80, 80, 9), np.linspace(-100, 100, 9)), -1).reshape(-1, 2)


def residual(here: NDArray[np.float64], there: NDArray[np.float64]) -> float:
    """How badly the best homography explains a move, in px."""
    best, _ = cv2.findHomography(here, there)
    mapped = cv2.perspectiveTransform(here[None], best)[0]
    return float(np.abs(mapped - there).max())


def test_a_flat_sheet_moves_by_a_homography_and_a_bent_one_does_not() -> None:
    views = [POSE, HeadPose(520.0, -40.0, 10.0, yaw=-14.0, pitch=6.0)]
    flat, bent = Sheet(200.0, 260.0), Sheet(200.0, 260.0, bend=1 / 120.0)
    assert residual(*(LENS.project(flat.points(PLACES, pose)) for pose in views)) < 1e-4
    assert residual(*(LENS.project(bent.points(PLACES, pose)) for pose in views)) > 1.5
    assert LENS.project(flat.points(PLACES, POSE)) == pytest.approx(
        cv2.perspectiveTransform(PLACES[None], homography(LENS, POSE))[0], abs=1e-6
    )


@pytest.mark.parametrize("bend", [0.0, 1 / 150.0, -1 / 150.0])
def test_each_pixel_sees_the_place_that_is_projected_to_it(bend: float) -> None:
    sheet = Sheet(200.0, 260.0, bend, axis_deg=15.0)
    seen = sheet.look(LENS, POSE)
    assert seen is not None
    pixels = LENS.project(sheet.points(PLACES, POSE))
    columns, rows = (np.round(pixels[:, axis]).astype(int) - offset for axis, offset in ((0, seen.left), (1, seen.top)))
    here = np.column_stack([seen.across[rows, columns], seen.down[rows, columns]])
    back = LENS.project(sheet.points(here.astype(float), POSE))
    middles = np.column_stack([columns + seen.left, rows + seen.top])
    assert np.abs(back - middles).max() < (1e-3 if bend == 0.0 else 0.25)


def test_a_bent_sheets_length_stays_and_its_middle_comes_forward() -> None:
    line = np.column_stack([np.linspace(-100, 100, 400), np.zeros(400)])
    bent = Sheet(200.0, 260.0, 1 / 90.0).points(line, HeadPose(500.0))
    assert np.linalg.norm(np.diff(bent, axis=0), axis=1).sum() == pytest.approx(200.0, rel=1e-3)
    assert bent[200, 2] < bent[0, 2] - 40.0


def test_a_texture_is_seen_where_it_is_and_nothing_beyond_its_edges() -> None:
    texture = np.full((130, 100, 4), 255, np.uint8)
    texture[:65, :50, :3] = (200, 0, 0)
    sheet, pose = Sheet(200.0, 260.0), HeadPose(600.0)
    seen = sheet.look(LENS, pose)
    assert seen is not None
    layer = Texture(texture, 0.5).seen(seen)
    (left, top), (right, bottom) = np.round(LENS.project(sheet.points(np.array([[-50.0, -60.0], [50.0, 60.0]]), pose)))
    assert layer[int(top) - seen.top, int(left) - seen.left].tolist() == [200, 0, 0, 255]
    assert layer[int(bottom) - seen.top, int(right) - seen.left].tolist() == [255, 255, 255, 255]
    assert layer[0, 0, 3] == 0
    assert sheet.look(LENS, HeadPose(600.0, 5000.0)) is None


@pytest.mark.parametrize("bend", [0.0, 0.005])
def test_of_a_sheet_that_comes_into_view_the_first_pixel_is_not_shown(bend: float) -> None:
    """From one column no step can be told, and dots and stripes are drawn by the step."""
    sheet, shown = Sheet(200.0, 200.0, bend), []
    for step in range(0, 400, 2):
        seen = sheet.look(LENS, HeadPose(700.0, -LENS.width_px / 2 / LENS.focal_px * 700.0 - 305.0 + step))
        shown.append(0 if seen is None else min(seen.across.shape))
    assert shown[0] == 0
    assert max(shown) > 20
    assert all(shape == 0 or shape >= 2 for shape in shown)
