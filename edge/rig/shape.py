"""What of a head lies beside the face: hair, neck and shoulders, with a plausible depth, joined to the mesh."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.rig.anatomy import LOWER_RIM, MOUTH_CORNERS, UPPER_RIM
from edge.rig.lens import Points
from edge.rig.raster import Triangles
from edge.vision.mesh import OVAL

_SILHOUETTE_MM = 95.0  # how far behind the nose bridge the outline of a head lies: about the middle of the skull
_FALL_MM = 60.0  # beyond the face's outline, until that depth is reached
_GRID = 0.32  # spacing of the points beside the face, as a share of its width
_RINGS = (1.06, 1.18, 1.36)


def around(points: NDArray[np.float32], width: int, height: int) -> Points:
    """Points beside the face: rings about its outline, and a grid over the rest of the picture."""
    oval = points[OVAL, :2].astype(np.float64)
    middle = oval.mean(axis=0)
    rings = [middle + (oval - middle) * grown for grown in _RINGS]
    step = _GRID * float(np.ptp(oval[:, 0]))
    columns, rows = max(3, round(width / step)), max(3, round(height / step))
    grid = np.stack(np.meshgrid(np.linspace(0, width - 1, columns), np.linspace(0, height - 1, rows)), -1).reshape(
        -1, 2
    )
    outline = (middle + (oval - middle) * (_RINGS[-1] + 0.12)).astype(np.float32)
    apart = [place for place in grid.tolist() if cv2.pointPolygonTest(outline, place, False) < 0]
    inside = np.concatenate([*rings, np.array(apart).reshape(-1, 2)])
    return inside[(inside >= 0).all(axis=1) & (inside[:, 0] <= width - 1) & (inside[:, 1] <= height - 1)]


def behind(face: Points, places: Points) -> Points:
    """Places beside the face, n × 2 in mm, with their depth: from that of the nearest point of the outline it falls
    off like a ball's until the outline of the head.
    """
    oval = face[OVAL]
    apart = np.linalg.norm(places[:, None] - oval[None, :, :2], axis=2)
    weights = 1.0 / (apart + 2.0) ** 3
    start = (weights * oval[None, :, 2]).sum(axis=1) / weights.sum(axis=1)
    share = np.clip(apart.min(axis=1) / _FALL_MM, 0.0, 1.0)
    depth = start + np.maximum(_SILHOUETTE_MM - start, 0.0) * (1.0 - np.sqrt(1.0 - share * share))
    return np.column_stack([places, depth])


def triangulate(uv: Points) -> Triangles:
    """Delaunay's triangles, all turning the same way."""
    low, high = np.floor(uv.min(axis=0)) - 2, np.ceil(uv.max(axis=0)) + 2
    mesh = cv2.Subdiv2D((int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])))
    number: dict[tuple[float, float], int] = {}
    for index, (x, y) in enumerate(uv.astype(np.float32).tolist()):
        number.setdefault((x, y), index)
        mesh.insert((x, y))
    found = []
    for x0, y0, x1, y1, x2, y2 in np.asarray(mesh.getTriangleList()).tolist():
        corners = [number.get(at, -1) for at in ((x0, y0), (x1, y1), (x2, y2))]
        if min(corners) >= 0:
            turns = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
            found.append(corners if turns > 0 else corners[::-1])
    return np.array(found, np.int32)


def between_lips(triangles: Triangles) -> NDArray[np.bool_]:
    """Which triangles span the mouth: between both lips' inner rims."""
    upper, lower = np.isin(triangles, UPPER_RIM), np.isin(triangles, LOWER_RIM)
    rim = upper | lower | np.isin(triangles, MOUTH_CORNERS)
    return np.asarray(rim.all(axis=1) & upper.any(axis=1) & lower.any(axis=1))


def neck(alpha: NDArray[np.float32], chin: Points, middle_px: float, unit: float) -> float:
    """Where the neck is, to the right of the eyes, in mm: the middle of the person a little below the chin."""
    row = alpha[min(int(chin[1] + 30.0 / unit), len(alpha) - 1)]
    near = row * (np.abs(np.arange(len(row)) - chin[0]) < 70.0 / unit)
    centre = float(near @ np.arange(len(row)) / near.sum()) if near.sum() > 0.0 else float(chin[0])
    return float((centre - middle_px) * unit)


def opaque(alpha: NDArray[np.float32], uv: Points, triangles: Triangles) -> NDArray[np.bool_]:
    """Which triangles show anything of the person."""
    grown = cv2.dilate(alpha, np.ones((9, 9), np.uint8))
    corners = np.concatenate([uv[triangles], uv[triangles].mean(axis=1, keepdims=True)], axis=1)
    places = np.clip(corners.round().astype(int), 0, (alpha.shape[1] - 1, alpha.shape[0] - 1))
    return np.asarray((grown[places[..., 1], places[..., 0]] > 0.01).any(axis=1))
