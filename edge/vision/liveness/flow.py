"""Points of the picture followed from one frame on: where a face's own texture, and what lies around it, went.

The mesh network draws a face in three dimensions also into a flat photograph of one. What cannot be drawn is how the
texture itself moves, so corners of the picture are followed (pyramidal Lucas-Kanade, J.-Y. Bouguet, Intel 2000) from
a reference frame directly into every later one: without drift, and at the price of a new reference now and then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.liveness.lines import long_lines, samples
from edge.vision.warp import invert

Points = NDArray[np.float32]

LIFE_S = 1.2  # a reference's: until then a walker has come nearer by a quarter, and patches no longer look the same
GAP_S = 0.5  # after such a pause nobody knows that it is the same thing that moved
WORKING_EYE_PX = 64.0  # larger faces are halved until their eyes are no further apart: time is bounded
_ON_FACE, _AROUND = 70, 60  # corners followed at most
_LEAST_ON_FACE = 16
_KEPT = 0.6  # of a reference's corners on the face: with fewer left, another face or a hand came between
_WINDOW = (13, 13)
_LEVELS = 3
_CONTOUR = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149]
_CONTOUR += [150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]  # MediaPipe's face oval
_LIDS = [33, 160, 158, 133, 153, 144], [362, 385, 387, 263, 373, 380]
_LIPS = [61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91]
# How far around the face is looked, in widths and heights of its oval, from its middle.
_ASIDE, _ABOVE, _BELOW = 1.7, 1.35, 0.5
_LINE = 0.6  # of the face's height: shorter edges are no rim


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """What moved between the reference and this frame, in pixels of the working picture (`scale` × the camera's).

    `face_from`, `face_to` (n × 2) and `depth` (n, towards the back): corners on the face, and the depth that the
    mesh gives them there. `around_from`, `around_to` (m × 2): corners beside and above it. `edge_from`,
    `edge_to` (k · SAMPLES × 2) with `edge_normals`: points on long straight edges. `middle` and `axes` (across, down):
    the oval of the face at the reference, which is numbered `reference` and `age_s` old. `unbroken`: as many frames
    as the face was followed without a break, over all references.
    """

    reference: int
    age_s: float
    unbroken: int
    scale: float
    eye_px: float
    middle: NDArray[np.float32]
    axes: NDArray[np.float32]
    face_from: Points
    face_to: Points
    depth: NDArray[np.float32]
    around_from: Points
    around_to: Points
    edge_from: Points
    edge_to: Points
    edge_normals: Points


@dataclass(frozen=True, slots=True, eq=False)
class _Reference:
    number: int
    begun_s: float
    scale: float
    area: tuple[int, int, int, int]  # left, top, right, bottom, camera's pixels
    grey: NDArray[np.uint8]
    points: Points  # in the area's working pixels
    guess: Points
    alive: NDArray[np.bool_]
    on_face: NDArray[np.bool_]
    depth: NDArray[np.float32]
    eye_px: float
    middle: NDArray[np.float32]
    axes: NDArray[np.float32]
    wanted: int
    edges: Points
    normals: Points
    edges_guess: Points


class FlowTracker:
    """Follows one face. Not for two threads at once."""

    def __init__(self) -> None:
        self._reference: _Reference | None = None
        self._number = 0
        self._last_s = float("-inf")
        self._unbroken = 0

    def observe(self, face: Face, now_s: float) -> Flow | None:
        """The flow into this frame; None for the first one, and after a break."""
        continues = 0.0 < now_s - self._last_s <= GAP_S
        if now_s == self._last_s:
            return None  # the same frame again says nothing new
        self._last_s = now_s
        if not continues:
            self._reference, self._unbroken = None, 0
        flow = self._follow(self._reference, face, now_s) if self._reference else None
        if self._reference is not None and flow is None:
            self._reference, self._unbroken = None, 0
        if self._reference is None or now_s - self._reference.begun_s >= LIFE_S:
            self._reference = self._begin(face, now_s)
        return flow

    def _follow(self, reference: _Reference, face: Face, now_s: float) -> Flow | None:
        grey = _grey(face.picture, reference.area, reference.scale)
        guess, alive, on_face = reference.guess.copy(), reference.alive.copy(), reference.on_face
        on = alive & on_face
        # Seen from where the face is now, patches look as they did: a walker's grow, a nodding head's shear.
        motion = affine(reference.points[on], guess[on])
        if motion is None:
            return None
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        level = np.asarray(cv2.warpAffine(grey, motion, grey.shape[::-1], flags=flags), np.uint8)
        start = carry(invert(motion), guess[on])
        reached, good = _lucas_kanade(reference.grey, level, reference.points[on], start)
        guess[on], alive[on] = carry(motion, reached), good
        beside = alive & ~on_face
        if beside.any():
            guess[beside], alive[beside] = _lucas_kanade(reference.grey, grey, reference.points[beside], guess[beside])
        on, beside = alive & on_face, alive & ~on_face
        if np.count_nonzero(on) < max(_LEAST_ON_FACE, _KEPT * reference.wanted):
            return None
        edges = reference.edges_guess
        if len(edges):
            edges, _ = _lucas_kanade(reference.grey, grey, reference.edges, edges, least_texture=1e-6)
        self._reference = replace(reference, guess=guess, alive=alive, edges_guess=edges)
        self._unbroken += 1
        return Flow(
            reference.number, now_s - reference.begun_s, self._unbroken, reference.scale, reference.eye_px,
            reference.middle, reference.axes, reference.points[on], guess[on], reference.depth[on],
            reference.points[beside], guess[beside], reference.edges, edges, reference.normals,
        )  # fmt: skip

    def _begin(self, face: Face, now_s: float) -> _Reference | None:
        oval = face.points[_CONTOUR, :2]
        if not np.isfinite(face.points).all():
            return None
        middle = (oval.min(axis=0) + oval.max(axis=0)) / 2
        across = face.points[454, :2] - face.points[234, :2]
        width = float(np.hypot(*across))
        down = face.points[152, :2] - face.points[10, :2]
        height = float(np.hypot(*down))
        if width < 20.0 or height < 20.0:
            return None
        scale = 1.0
        while face.eye_px * scale > WORKING_EYE_PX:
            scale /= 2.0
        picture_h, picture_w = face.picture.shape[:2]
        left = int(max(middle[0] - _ASIDE * width, 0.0))
        right = int(min(middle[0] + _ASIDE * width, picture_w))
        top = int(max(middle[1] - _ABOVE * height, 0.0))
        bottom = int(min(middle[1] + 0.85 * height, picture_h))
        area = (left, top, right, bottom)
        if right - left < 48 or bottom - top < 48:
            return None
        grey = _grey(face.picture, area, scale)
        mesh = ((face.points[:, :2] - (left, top)) * scale).astype(np.float32)
        centre = ((middle - (left, top)) * scale).astype(np.float32)
        axes = (np.stack([across, down]) * scale).astype(np.float32)
        on_mask, around_mask = _masks(grey.shape, mesh, centre, axes)
        spacing = max(face.eye_px * scale / 9.0, 3.0)
        on = _corners(grey, on_mask, _ON_FACE, spacing, 0.01)
        around = _corners(grey, around_mask, _AROUND, 2.0 * spacing, 0.01)
        if len(on) < _LEAST_ON_FACE:
            return None
        points = np.concatenate([on, around]).astype(np.float32)
        on_face = np.arange(len(points)) < len(on)
        depth = np.zeros(len(points), np.float32)
        depth[: len(on)] = _depth_at(on, mesh, face.points[:, 2] * scale)
        edges, normals = samples(long_lines(grey, around_mask, _LINE * float(np.hypot(*axes[1]))))
        self._number += 1
        return _Reference(
            self._number, now_s, scale, area, grey, points, points.copy(), np.ones(len(points), bool), on_face,
            depth, face.eye_px * scale, centre, axes, len(on),
            edges, normals, edges.copy(),
        )  # fmt: skip


def _lucas_kanade(
    before: NDArray[np.uint8], after: NDArray[np.uint8], points: Points, start: Points, least_texture: float = 1e-3
) -> tuple[Points, NDArray[np.bool_]]:
    reached, status, _ = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points,
        start.astype(np.float32),
        winSize=_WINDOW,
        maxLevel=_LEVELS,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.02),
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        minEigThreshold=least_texture,
    )
    return np.asarray(reached, np.float32), (status.reshape(-1) == 1) & np.isfinite(reached).all(axis=1)


def affine(before: Points, after: Points) -> NDArray[np.float64] | None:
    """The 2 × 3 matrix that takes `before` nearest to `after`; None where it would be no face's motion."""
    design = np.column_stack([before, np.ones(len(before))])
    matrix = np.linalg.lstsq(design, after, rcond=None)[0].T
    area = float(np.linalg.det(matrix[:, :2]))
    return matrix if np.isfinite(area) and 0.25 < area < 4.0 else None


def carry(matrix: NDArray[np.float64], points: Points) -> Points:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def _grey(picture: Picture, area: tuple[int, int, int, int], scale: float) -> NDArray[np.uint8]:
    left, top, right, bottom = area
    grey = cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
    while scale < 1.0:
        even = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
        grey, scale = cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), scale * 2.0
    return np.asarray(grey, np.uint8)


def _masks(
    shape: tuple[int, ...], mesh: Points, middle: NDArray[np.float32], axes: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Where corners may be looked for: on the face but for the lids and the lips, and beside and above it."""
    on = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(on, cv2.convexHull(mesh[_CONTOUR].astype(np.int32)), 255)
    around = np.full(shape[:2], 255, np.uint8)
    grown = middle + 1.15 * (mesh[_CONTOUR] - middle)
    cv2.fillConvexPoly(around, cv2.convexHull(grown.astype(np.int32)), 0)
    below = int(middle[1] + _BELOW * float(np.hypot(*axes[1])))
    around[max(below, 0) :] = 0
    for part in (*_LIDS, _LIPS):
        cv2.fillConvexPoly(on, cv2.convexHull(mesh[part].astype(np.int32)), 0)
    return on, around


def _corners(grey: NDArray[np.uint8], mask: NDArray[np.uint8], most: int, spacing: float, quality: float) -> Points:
    found = cv2.goodFeaturesToTrack(grey, most, quality, spacing, mask=mask, blockSize=5)
    return np.empty((0, 2), np.float32) if found is None else np.asarray(found, np.float32).reshape(-1, 2)


def _depth_at(points: Points, mesh: Points, depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mesh's depth at picture points: the mean of the three nearest vertices', weighted by nearness."""
    apart = np.einsum("ij,ij->i", mesh, mesh) - 2.0 * points @ mesh.T
    apart = np.maximum(apart + np.einsum("ij,ij->i", points, points)[:, None], 0.0)
    nearest = np.argpartition(apart, 3, axis=1)[:, :3]
    weights = 1.0 / (np.take_along_axis(apart, nearest, axis=1) + 1.0)
    return np.asarray((depth[nearest] * weights).sum(axis=1) / weights.sum(axis=1), np.float32)
