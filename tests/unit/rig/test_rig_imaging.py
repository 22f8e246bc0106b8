from __future__ import annotations

import numpy as np
import pytest
from rig_samples import grey

from edge.rig.imaging import Imaging, Sensor, compressed

QUIET = Sensor(blur_px=0.0, read_noise=0.0, shot_noise=0.0, denoise=0.0, jpeg=0)


def imaging(sensor: Sensor) -> Imaging:
    return Imaging(sensor, np.random.default_rng(0), 640, 480)


def test_a_quiet_camera_shows_what_is_there() -> None:
    scene = np.full((480, 640, 3), 120, np.uint8)
    scene[:, :, 0], scene[:, :, 2] = 190, 50
    assert np.abs(imaging(QUIET).take(scene, 0.0).astype(int) - scene).max() <= 1


def test_it_exposes_for_the_middle_of_what_it_sees_first() -> None:
    camera = imaging(QUIET)
    assert 85 < camera.take(grey() // 3, 0.0).mean() < 118
    assert camera.take(grey(), 0.1).mean() > 200
    later = [camera.take(grey(), 0.1 + tenth / 10).mean() for tenth in range(1, 40)]
    assert later == sorted(later, reverse=True)  # and follows what it sees later, slowly
    assert 100 < later[-1] < 135


def test_noise_is_as_strong_as_told_and_new_in_every_frame() -> None:
    camera = imaging(Sensor(blur_px=0.0, read_noise=3.0, shot_noise=0.0, denoise=0.0, jpeg=0))
    first, second = (camera.take(grey(), at_s)[100:300, 100:300, 1].astype(float) for at_s in (0.0, 0.1))
    assert (first != second).mean() > 0.5
    assert first[::2, 1::2].std() == pytest.approx(3.0, rel=0.1)  # sites that the sensor has, none interpolated


def test_only_what_moves_is_smeared() -> None:
    still = grey()
    still[:, 100:160] = 255
    scene = still.copy()
    scene[200:300, 400:410] = 255
    sharp, moving = (imaging(QUIET).take(scene, 0.0, (speed, 0.0), still) for speed in (0.0, 600.0))
    assert (sharp[250, 402] > 220).all()
    assert (moving[250, 402] < 210).all()  # ten pixels, smeared over nine
    assert (moving[:180] == sharp[:180]).all()
    assert (moving[:, :300] == sharp[:, :300]).all()


def test_light_that_flickers_makes_bands() -> None:
    frame = imaging(Sensor(blur_px=0, read_noise=0, shot_noise=0, denoise=0, jpeg=0, flicker=0.1)).take(grey(), 0.0)
    rows = frame.mean(axis=(1, 2))
    assert rows.max() - rows.min() > 15


def test_compression_leaves_the_colours_in_their_order() -> None:
    scene = grey()
    scene[:, :, 0] = 220
    assert np.abs(compressed(scene, 90).astype(int) - scene).max() < 6
