"""Does the texture of the face move as on a head, or as on a sheet: plane, tilted or bent?

Every two sides that were compared say how much better a head's depth explains the motion than a sheet does, and by
which turn of the view it does so (see `sides`). Noise, glare and compression also look a little like depth, at times
much; but the turn that they pretend has nothing to do with the one that the mesh sees. So a gain counts for life as far
as its turn points where the mesh's does and is about as large, and against it where it points elsewhere. Whoever comes
into view and stops has shown enough by then: the view of him turns by ten degrees and more. A sheet that is tilted
shows the mesh a turn, and has no gain; who hardly moves shows nothing at all. Either is a doubt.

What counts is the mean gain less most of its standard error, and no more than the mean without the gains of any one
later side: one with which all seems to fit is an accident.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge.vision.liveness.cue import EVIDENCE_S, Seen
from edge.vision.liveness.sides import Pair

_PAIRS = 3  # from which on nothing is taken off for their being few
_ENOUGH = 2.0
"""Of 370 sheets of the sets that limits are chosen on, 15 get above it within two seconds, five of them with the right
figure; of 248 living people, 24 of whom are not in view for so long, 213."""
_WORTH = np.array([1.0, 0.5])
"""Of a turn to a side and of a nod. People walk up and down with each step, so a nod is what is left of a smear."""
_LEAST_SLOPE, _MOST_SLOPE = 0.3, 2.0
"""The turn that the texture shows, in parts of the mesh's: a bent sheet shows less, a smear shows more."""
_AGAINST = -5.0  # at most: one side of which the mesh is wrong contradicts all others by more
_MOST = 1000.0  # more says no more; living people have a sixth of it at most
_ERRORS = 0.7
"""So many standard errors are taken off: of those sheets no more get above with the right figure than with 1.0."""


class Geometry:
    """0.5 where the gain that agrees is just enough. It cannot tell a film of a head from a head."""

    name = "geometry"
    passes = 0.5
    fails = -1.0

    def __init__(self) -> None:
        self._gains: list[tuple[float, float]] = []
        """When the later side of a pair was seen, and its gain."""

    def observe(self, seen: Seen) -> None:
        pair = seen.flow.pair if seen.flow else None
        if pair is not None and np.isfinite([*pair.turn, *pair.mesh, pair.gain]).all():
            self._gains.append((pair.seen_s, min(max(_agreeing(pair), _AGAINST), _MOST)))
        self._gains = [one for one in self._gains if 0.0 <= seen.now_s - one[0] <= EVIDENCE_S]

    def score(self) -> float | None:
        _, side = np.unique([seen_s for seen_s, _ in self._gains], return_inverse=True)
        gains = np.array([gain for _, gain in self._gains])
        sums, counts = np.bincount(side, gains), np.bincount(side)
        if len(sums) < 2:
            return None
        others = ((gains.sum() - sums) / (len(gains) - counts)).min()
        sure = gains.mean() - _ERRORS * gains.std(ddof=1) / math.sqrt(len(gains))
        strength = float(min(sure, others)) * min(1.0, len(gains) / _PAIRS)
        return max(strength / (strength + _ENOUGH), 0.01) if strength > 0.0 else 0.01


def _agreeing(pair: Pair) -> float:
    """The gain of a pair, with the sign and by the share to which its turn is the mesh's, less where it is a small part
    of it or a multiple.
    """
    if pair.gain <= 0.0:
        return pair.gain
    turn, mesh = pair.turn * _WORTH, pair.mesh * _WORTH
    along = float(turn @ mesh)
    slope = along / max(float(mesh @ mesh), 1e-9)
    alike = along / max(_length(turn) * _length(mesh), 1e-9)
    gain = pair.gain * alike * abs(alike)
    return gain * min(max(slope / _LEAST_SLOPE, 0.0), 1.0, _MOST_SLOPE / max(slope, 1e-9)) if gain > 0.0 else gain


def _length(turn: NDArray[np.float64]) -> float:
    return float(np.hypot(*turn))
