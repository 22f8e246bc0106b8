"""Does the texture of a face move as on a head, or as on a sheet: plane, tilted or bent?

In a perspective picture the displacement of a rigid surface's point p = (x, y) with depth z is smooth in p, plus its
depth times a vector that says how the view has changed: d(p) = s(p) + z(p) · (v + w p). On a plane z is linear in p
and on a gently bent sheet quadratic, so everything there is within a polynomial; on a head the nose, its wings, the
eye sockets and the cheeks are not. Both models are fitted, the second one within the first (least squares, outliers
trimmed), and the score is the share of what the sheet leaves unexplained that the head explains:

    (RSS_sheet - RSS_head) / (RSS_sheet + 2 n f²)

with f the noise floor of a followed corner. It is 0 for whatever is flat or bent, and for whoever stands still:
without motion there is nothing to explain, and f² keeps noise from looking like it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.vision.liveness.cue import UNKNOWN, Evidence, Seen
from edge.vision.liveness.flow import Flow

_FLOOR_PX = 0.05  # of corners followed on a plane, after the fit
_LEAST_AGE_S = 0.15
_LEAST_MOTION_PX = 0.7  # of the face in the working picture; less shows no relief
_LEAST_POINTS = 16
_FRAMES = 3
_TRIM = 3.0


class Geometry:
    """Relief against sheet. It cannot see that a screen shows a film of a head: that moves as a head does."""

    name = "geometry"
    passes = 0.30
    fails = -1.0

    def __init__(self) -> None:
        self._shares = Evidence()

    def observe(self, seen: Seen) -> None:
        self._shares.forget(seen.now_s)
        flow = seen.flow
        if flow is None or flow.age_s < _LEAST_AGE_S:
            return
        moved = float(np.median(np.hypot(*(flow.face_to - flow.face_from).T)))
        if moved >= _LEAST_MOTION_PX:
            self._shares.add(relief(flow), seen.now_s)

    def score(self) -> float:
        share = self._shares.best(_FRAMES)
        return UNKNOWN if share is None else share


def relief(flow: Flow) -> float:
    """The share [0, 1] of the displacements that a sheet leaves and a head explains; 0 where it cannot be told."""
    x, y = ((flow.face_from - flow.middle) / flow.eye_px).astype(np.float64).T
    z = flow.depth.astype(np.float64) / flow.eye_px
    moved = (flow.face_to - flow.face_from).astype(np.float64)
    sheet = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    head = np.column_stack([z, z * x, z * y])
    kept = np.arange(len(x))
    for _ in range(3):
        if len(kept) < _LEAST_POINTS:
            return 0.0
        left, of_sheet = _fit(sheet[kept], head[kept], moved[kept])
        apart = np.hypot(left[:, 0], left[:, 1])
        kept = kept[apart <= _TRIM * float(np.median(apart)) + _FLOOR_PX]
    unexplained, remaining = float(np.square(of_sheet).sum()), float(np.square(left).sum())
    return max(unexplained - remaining, 0.0) / (unexplained + 2 * len(left) * _FLOOR_PX**2)


def _fit(
    sheet: NDArray[np.float64], head: NDArray[np.float64], moved: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What sheet and head together leave, and what the sheet alone leaves, n × 2 each."""
    base, _ = np.linalg.qr(sheet)
    head = head - base @ (base.T @ head)
    moved = moved - base @ (base.T @ moved)
    # v has a component per direction, w one for both: x · z sideways and y · z downwards.
    count = len(head)
    design = np.zeros((2 * count, 3))
    design[:count, 0], design[count:, 1] = head[:, 0], head[:, 0]
    design[:count, 2], design[count:, 2] = head[:, 1], head[:, 2]
    both = moved.T.reshape(-1)
    found = np.linalg.lstsq(design, both, rcond=None)[0]
    return (both - design @ found).reshape(2, -1).T, moved
