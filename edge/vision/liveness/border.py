"""The rim of what is held up: a long straight edge near the face that moves.

Walls, doors and window frames have long straight edges too, and stand still. People have none: what is straight and
moves beside a face is the edge of a sheet, a phone or a tablet. An edge shows only its movement across itself; it
counts as moved when its points went aside by a common shift and turn, which a line covered by a passing head does not.
"""

from __future__ import annotations

import numpy as np

from edge.vision.liveness.cue import UNKNOWN, Evidence, Seen
from edge.vision.liveness.flow import Flow
from edge.vision.liveness.lines import SAMPLES

_MOVED_PX = 0.7
_STRAIGHT_PX = 0.25  # the scatter of a moved line's points about their common shift and turn
_LEAST_AGE_S = 0.2
_FRAMES = 3
_AGAINST = 4  # frames that show a moving rim before it is held to be certain


class Border:
    """1 while no moving rim is seen, less with every frame that shows one."""

    name = "border"
    passes = 0.6
    fails = 0.2

    def __init__(self) -> None:
        self._rims = Evidence()

    def observe(self, seen: Seen) -> None:
        self._rims.forget(seen.now_s)
        flow = seen.flow
        if flow is not None and flow.age_s >= _LEAST_AGE_S:
            self._rims.add(float(moving_lines(flow)), seen.now_s)

    def score(self) -> float:
        frames = self._rims.values()
        if len(frames) < _FRAMES:
            return UNKNOWN
        return max(1.0 - sum(1 for count in frames if count) / _AGAINST, 0.0)


def moving_lines(flow: Flow) -> int:
    """How many of the long straight edges have moved since the reference."""
    if not len(flow.edge_from):
        return 0
    across = np.einsum("ij,ij->i", flow.edge_to - flow.edge_from, flow.edge_normals).reshape(-1, SAMPLES)
    place = np.linspace(-1.0, 1.0, SAMPLES)
    shift = np.median(across, axis=1)
    turn = (across * place).sum(axis=1) / np.square(place).sum()
    scatter = np.median(np.abs(across - shift[:, None] - turn[:, None] * place), axis=1)
    # Both ends went: a line that a head begins to cover moves at one end only.
    ends = np.minimum(np.abs(np.median(across[:, :3], axis=1)), np.abs(np.median(across[:, -3:], axis=1)))
    return int(np.count_nonzero((np.abs(shift) > _MOVED_PX) & (scatter < _STRAIGHT_PX) & (ends > 0.5 * _MOVED_PX)))
