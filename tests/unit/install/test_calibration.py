"""The chips that int8 networks are calibrated with."""

from __future__ import annotations

import numpy as np

from edge.install.conversion import calibration

EYES: calibration.Alignment = (((33,), (30.0, 40.0)), ((263,), (70.0, 40.0)), ((2,), (50.0, 64.0)))


def test_chips_are_the_same_every_time_and_differ_from_each_other() -> None:
    chips = calibration.chips(100, EYES, count=12)
    np.testing.assert_array_equal(chips, calibration.chips(100, EYES, count=12))
    assert chips.shape == (12, 100, 100, 3) and chips.dtype == np.uint8
    assert len({chip.tobytes() for chip in chips}) == 12
    assert not np.array_equal(chips, calibration.chips(100, EYES, count=12, seed=1))


def test_chips_span_the_range_of_a_pixel() -> None:
    chips = calibration.chips(100, EYES, count=1)
    assert chips.min() == 0 and chips.max() == 255


def test_alignment_turns_scales_and_moves_the_face() -> None:
    upright = calibration.aligned(100, EYES)
    turned = tuple((mesh, (99.0 - y, x)) for mesh, (x, y) in EYES)
    for name, chip in calibration.aligned(100, turned).items():
        difference = np.abs(np.rot90(upright[name], -1).astype(int) - chip.astype(int))
        assert difference.mean() < 1.0, name


def test_every_portrait_is_used() -> None:
    assert len(calibration.aligned(100, EYES)) == len(list(calibration.FACES.glob("*.jpg"))) == 6
