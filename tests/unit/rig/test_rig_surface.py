"""Light and fine patterns on sheets, against what a brute-force camera would see."""

from __future__ import annotations

import numpy as np
import pytest

from edge.rig.head import HeadPose
from edge.rig.lens import Lens
from edge.rig.sheet import Sheet
from edge.rig.surface import Lamp, Optics, glare, shading, stripes

LENS = Lens(160, 120, 400.0)
FINE = 25  # samples of a brute-force pixel, along each side


@pytest.mark.parametrize("period_mm", [0.9, 1.37, 2.2])
def test_moire_is_what_averaging_over_each_pixels_window_gives(period_mm: float) -> None:
    pose, optics = HeadPose(600.0, yaw=3.0, roll=2.0), Optics(spread_px=0.0, aperture_px=0.8)
    sheet = Sheet(2000.0, 2000.0)
    seen = sheet.look(LENS, pose)
    assert seen is not None
    ours = stripes(seen, optics, period_mm, np.array([1.0, 0.0]), 1.0, 0.0)
    assert ours is not None
    # The window's own samples: across changes almost linearly from pixel to pixel.
    steps = (np.arange(FINE) - FINE // 2) / FINE * 0.8
    right = np.gradient(seen.across.astype(float), axis=1)
    below = np.gradient(seen.across.astype(float), axis=0)
    total = np.zeros_like(right)
    for dx in steps:
        for dy in steps:
            total += np.cos(2 * np.pi * (seen.across + dx * right + dy * below) / period_mm)
    theirs = total / FINE**2
    middle = np.s_[40:80, 50:110]
    assert np.abs(ours[middle] - theirs[middle]).max() < 0.03
    assert np.abs(theirs[middle]).max() > 0.02


def test_what_is_too_fine_for_lens_and_pixels_is_not_seen() -> None:
    seen = Sheet(2000.0, 2000.0).look(LENS, HeadPose(600.0))
    assert seen is not None
    assert stripes(seen, Optics(0.5, 1.0), 0.06, np.array([1.0, 0.0]), 1.0, 0.0) is None


def test_a_lamp_is_mirrored_where_the_angles_agree() -> None:
    pose = HeadPose(500.0, yaw=10.0, pitch=-20.0)
    seen = Sheet(400.0, 400.0).look(LENS, pose)
    assert seen is not None
    lamp = Lamp((150.0, -420.0, -100.0), 5.0, 100.0)
    added = glare(lamp, pose, seen, 12.0)
    assert added is not None
    row, column = np.unravel_index(int(np.argmax(added)), added.shape)
    place = Sheet(400.0, 400.0).points(np.array([[seen.across[row, column], seen.down[row, column]]], float), pose)[0]
    normal = np.cross(*(Sheet(1, 1).points(np.array([axis]), pose)[0] - (0, 0, 500.0) for axis in ((1, 0), (0, 1))))
    to_camera, to_lamp = -place / np.linalg.norm(place), np.array(lamp.place) - place
    halfway = to_camera + to_lamp / np.linalg.norm(to_lamp)
    halfway /= np.linalg.norm(halfway)
    assert abs(float(halfway @ normal) / float(np.linalg.norm(normal))) > np.cos(np.radians(1.0))
    assert glare(Lamp(strength=0.0), pose, seen, 12.0) is None


def test_a_sheet_turned_to_the_light_is_brighter_and_a_bent_one_on_one_side() -> None:
    lamp = Lamp((2000.0, 0.0, 0.0), relief=0.4)

    def gain(yaw: float) -> float:
        pose = HeadPose(600.0, yaw=yaw)
        seen = Sheet(200.0, 200.0).look(LENS, pose)
        assert seen is not None
        value = shading(Sheet(200.0, 200.0), lamp, pose, seen)
        assert isinstance(value, float)
        return value

    assert gain(25.0) > gain(0.0) + 0.05 > gain(-25.0) + 0.1
    bent = Sheet(200.0, 200.0, 1 / 100.0)
    seen = bent.look(LENS, HeadPose(600.0))
    assert seen is not None
    lit = shading(bent, lamp, HeadPose(600.0), seen)
    assert not isinstance(lit, float)
    inside = np.abs(seen.across) < 90
    assert lit[inside & (seen.across > 60)].mean() > lit[inside & (seen.across < -60)].mean() + 0.1
