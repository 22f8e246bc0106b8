"""Cells of two frames are compared in one light, whatever stands before a part of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.drivers.camera import Picture
from edge.vision.liveness.cells import COLUMNS, ROWS, change, colours, light

EVERYWHERE = np.ones((ROWS, COLUMNS), np.bool_)


def scene(width: int = 640, height: int = 480) -> Picture:
    grain = np.random.default_rng(6).integers(60, 180, (15, 20, 3), np.uint8)
    return np.asarray(cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (333, 251)])
def test_a_picture_of_any_size_has_the_same_cells(size: tuple[int, int]) -> None:
    apart = change(colours(scene(*size)), colours(scene()))
    assert apart.luma.shape == (ROWS, COLUMNS)
    assert float(np.median(apart.luma)) < 0.02


def test_each_channel_has_its_own_light_and_what_stands_before_a_third_of_it_none() -> None:
    view = colours(scene())
    picture = np.clip(scene() * np.array([0.7, 0.8, 1.1]), 0, 255).astype(np.uint8)
    picture[:, :210] = (250, 10, 120)
    now = colours(picture)
    added = light(now, view, EVERYWHERE)
    assert added is not None
    apart = change(now + added, view)
    assert float(apart.luma[:, 30:].max()) < 0.03
    assert float(apart.colour[:, 30:].max()) < 0.03


def test_too_few_cells_tell_no_light() -> None:
    view = colours(scene())
    few = np.zeros_like(EVERYWHERE)
    few[:4] = True
    assert light(view, view, few) is None


def test_where_no_cell_is_in_the_light_of_another_one_there_is_no_light_and_no_crash() -> None:
    """A film whose stripes flicker by turns: the median lies between them, and nothing lies near it."""
    view = colours(scene())
    stripes = np.tile(np.where(np.arange(ROWS) % 4 < 2, 2.0, -2.0)[:, None], (1, COLUMNS)).astype(np.float32)
    added = light(view, view + stripes, EVERYWHERE)
    assert added is not None
    assert np.isfinite(added).all()
    assert float(np.median(change(view + added, view + stripes).luma)) > 1.0
