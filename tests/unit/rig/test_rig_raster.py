from __future__ import annotations

import cv2
import numpy as np

from edge.rig.raster import rasterise

SQUARE = np.array([[10.0, 10.0], [90.0, 20.0], [95.0, 80.0], [15.0, 85.0]])
TWO = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def test_a_triangle_shows_the_texture_that_an_affine_map_would() -> None:
    texture = np.array([[0.0, 0.0], [50.0, 5.0], [45.0, 60.0], [2.0, 58.0]])
    window = rasterise(SQUARE, np.zeros(4), texture, TWO, (120, 100))
    assert window is not None
    map_to = cv2.getAffineTransform(SQUARE[:3].astype(np.float32), texture[:3].astype(np.float32))
    rows, columns = np.nonzero(window.triangle == 1)
    expected = np.column_stack([columns + window.left, rows + window.top, np.ones(len(rows))]) @ map_to.T
    assert len(rows) > 1000
    assert np.abs(window.u[rows, columns] - expected[:, 0]).max() < 1e-3
    assert np.abs(window.v[rows, columns] - expected[:, 1]).max() < 1e-3


def test_the_nearer_triangle_hides_the_further_one_and_backs_are_not_seen() -> None:
    corners = np.concatenate([SQUARE, SQUARE])
    depth = np.array([500.0] * 4 + [400.0] * 4)
    triangles = np.concatenate([TWO + 4, TWO])
    window = rasterise(corners, depth, corners, triangles, (120, 100))
    assert window is not None
    assert set(np.unique(window.triangle)) == {0, 1, 2}
    assert rasterise(corners, depth, corners, TWO[:, ::-1], (120, 100)) is None


def test_only_what_lies_on_the_picture_is_drawn() -> None:
    window = rasterise(SQUARE - (50.0, 50.0), np.zeros(4), SQUARE, TWO, (30, 20))
    assert window is not None
    assert (window.left, window.top) == (0, 0)
    assert window.triangle.shape[0] <= 20
    assert window.triangle.shape[1] <= 30
    assert rasterise(SQUARE + 500.0, np.zeros(4), SQUARE, TWO, (120, 100)) is None
