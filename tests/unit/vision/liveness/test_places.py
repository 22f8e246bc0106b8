from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.vision.faces import Face
from edge.vision.liveness.patch import Floats
from edge.vision.liveness.places import depth_map, places, slope

SIZE = (320, 320)
WHOLE = np.array([[0.0, 0.0], [320.0, 320.0]])


@pytest.fixture(scope="module")
def texture() -> Floats:
    return np.random.default_rng(2).normal(0.0, 1.0, SIZE).astype(np.float32)


def found(
    face: Face, texture: Floats, yaw: float = 0.0, edges: NDArray[np.float64] = WHOLE
) -> tuple[Floats, set[int], Floats]:
    """The mesh when the head has turned, where it is compared, and how deep it is there."""
    turned = face.points.copy()
    own = turned - turned.mean(axis=0)
    turned[:, 0] = turned[:, 0].mean() + own[:, 0] * np.cos(yaw) + own[:, 2] * np.sin(yaw)
    turned[:, 2] = own[:, 2] * np.cos(yaw) - own[:, 0] * np.sin(yaw)
    mesh = turned[:, :2].astype(np.float32)
    depth = depth_map(SIZE, mesh, turned[:, 2])
    at = places(mesh, depth, slope(texture, 1, 0), slope(texture, 0, 1), edges)
    return mesh, set(at.tolist()), depth


def test_eyes_and_lips_move_by_themselves_and_are_left_out(face: Face, texture: Floats) -> None:
    mesh, at, _ = found(face, texture)
    assert 500 < len(at) <= 3000
    for vertex in (159, 386, 13):  # upper lids, lips
        column, row = np.rint(mesh[vertex]).astype(int)
        assert row * 320 + column not in at


@pytest.mark.parametrize("yaw", [-0.5, 0.5])
def test_the_outline_of_a_turned_head_is_left_out(face: Face, texture: Floats, yaw: float) -> None:
    """There the picture shows another part of the head as soon as it turns."""
    _, at, depth = found(face, texture, yaw)
    rows, columns = np.divmod(np.array(sorted(at)), 320)
    steep = np.hypot(slope(depth, 1, 0), slope(depth, 0, 1))
    assert steep[rows, columns].max() <= 1.2
    assert len(at) > 500


def test_what_is_filtered_at_the_edge_of_the_picture_is_left_out(face: Face, texture: Floats) -> None:
    _, at, _ = found(face, texture, edges=np.array([[140.0, 0.0], [320.0, 170.0]]))
    rows, columns = np.divmod(np.array(sorted(at)), 320)
    assert columns.min() >= 148
    assert rows.max() < 162
    assert len(found(face, texture, edges=WHOLE + 1000.0)[1]) == 0


@pytest.mark.parametrize("size", [(33, 57), (34, 58), (35, 40), (120, 133)])
def test_the_depth_is_known_at_every_place_of_any_size(face: Face, size: tuple[int, int]) -> None:
    own = face.points - face.points.min(axis=0)
    mesh = own[:, :2] * (np.array(size) / own[:, :2].max(axis=0) * 0.9).astype(np.float32)
    depth = depth_map(size, mesh.astype(np.float32), own[:, 2])
    assert depth.shape == size[::-1]
    nose, ear = np.rint(mesh[[1, 234]]).astype(int)
    assert depth[nose[1], nose[0]] < depth[ear[1], ear[0]]
    assert own[:, 2].min() - 1e-3 <= depth.min() <= depth.max() <= own[:, 2].max() + 1e-3
