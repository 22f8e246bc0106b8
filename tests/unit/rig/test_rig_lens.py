from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.rig.lens import Lens, rotation
from edge.vision.pose import pose_of


def test_projection_is_opencvs() -> None:
    points = np.random.default_rng(1).uniform((-300, -300, 400), (300, 300, 2000), (200, 3))
    lens = Lens(640, 480, 511.0)
    theirs, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), lens.matrix, None)
    assert np.abs(lens.project(points) - theirs.reshape(-1, 2)).max() < 1e-9


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(20.0, 0.0, 0.0), (-15.0, 0.0, 0.0), (0.0, 0.0, 10.0), (12, 8, -5)])
def test_angles_are_those_that_the_gate_measures(yaw: float, pitch: float, roll: float) -> None:
    straight = np.random.default_rng(2).normal(0.0, 1.0, (468, 3))
    for right, left, x, y in (
        (263, 33, 40.0, 0.0),
        (362, 133, 15.0, 0.0),
        (291, 61, 25.0, 60.0),
        (454, 234, 70.0, 20.0),
    ):
        straight[right], straight[left] = (x, y, 0.0), (-x, y, 0.0)
    straight[10], straight[152] = (0.0, -60.0, 0.0), (0.0, 110.0, 0.0)
    level = pose_of(straight.astype(np.float32)).pitch
    turned = pose_of((straight @ rotation(yaw, pitch, roll).T).astype(np.float32))
    assert turned.yaw == pytest.approx(yaw, abs=1.5)
    assert turned.pitch - level == pytest.approx(pitch, abs=1.5)
    assert turned.roll == pytest.approx(roll, abs=1.5)
