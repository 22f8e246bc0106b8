"""Does the texture of the face move as on a head, or as on a sheet: plane, tilted or bent?

Every two sides that were compared say how much better a head's depth explains the motion than a sheet does, and by
which turn of the view it does so (see `sides`). Noise, glare and compression also look a little like depth, at times
much; but the turn that they pretend has nothing to do with the one that is expected: the mesh sees it, and the way
across the picture makes one. So a gain counts for life as far as its turn points where the expected one does and is
about as large, and against it where it points elsewhere. Whoever comes into view and stops has shown enough by then:
the view of him turns by ten degrees and more. A sheet that is tilted is expected to turn, and has no gain; who hardly
moves shows nothing at all. Either is a doubt.

What counts is the mean gain less most of its standard error, and no more than the mean without the gains of any one
later side: one with which all seems to fit is an accident. And most pairs have to agree.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge.vision.liveness.cue import EVIDENCE_S, Seen
from edge.vision.liveness.sides import Pair

_PAIRS = 3  # from which on nothing is taken off for their being few
_ENOUGH = 2.0
"""Of 204 sheets cut out along hair and shoulders and held before a body (tuning and outer set) 9 get above it within
two seconds, above 1.4 it was 14; of 302 living people of the measured set (numbers in docs/liveness.md) 292, as many
as above 1.4."""
_WORTH = np.array([1.0, 0.5])
"""Of a turn to a side and of a nod. People walk up and down with each step, so a nod is what is left of a smear."""
_LEAST_SLOPE, _MOST_SLOPE = 1.0, 2.5
"""The turn that the texture shows, in parts of the expected one. Half of the rig's people show more than 1.1 times as
much, one in 50 less than half; of the 24 sheets with the largest gains 13 show less than half. A smear shows more."""
_LEAST_RAD = 0.035  # of an expected turn: less, as of who turns one way and walks the other, is not known to be less
_AGAINST, _ELSEWHERE = -5.0, -1.0
"""At most: of two ways that contradict each other, and of a turn that points elsewhere. A mesh that is wrong once would
outweigh all others."""
_MOST = 1000.0  # more says no more; living people have a sixth of it at most
_ERRORS = 0.7
"""So many standard errors are taken off; none, or 1.0, let no more people pass where as many sheets do."""


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
        if pair is not None and np.isfinite([*pair.turn, *pair.expected, pair.gain]).all():
            self._gains.append((pair.seen_s, min(_agreeing(pair), _MOST)))
        self._gains = [one for one in self._gains if 0.0 <= seen.now_s - one[0] <= EVIDENCE_S]

    def score(self) -> float | None:
        sides: dict[float, list[float]] = {}
        for seen_s, gain in self._gains:
            sides.setdefault(seen_s, []).append(gain)
        if len(sides) < 2:
            return None
        count, total = len(self._gains), sum(gain for _, gain in self._gains)
        others = min((total - sum(side)) / (count - len(side)) for side in sides.values())
        mean = total / count
        variance = sum((gain - mean) ** 2 for _, gain in self._gains) / (count - 1)
        sure = mean - _ERRORS * math.sqrt(variance / count)
        strength = min(sure, others) * min(1.0, count / _PAIRS)
        agree = 2 * sum(gain > 0.0 for _, gain in self._gains) > count
        return max(strength / (strength + _ENOUGH), 0.01) if agree and strength > 0.0 else 0.01


def _agreeing(pair: Pair) -> float:
    """The gain of a pair, with the sign and by the share to which its turn is the expected one, less where it is a part
    of it or a multiple.
    """
    if pair.gain <= 0.0:
        return max(pair.gain, _AGAINST)
    turn, expected = pair.turn * _WORTH, pair.expected * _WORTH
    size = max(_length(expected), 1e-9)
    along = float(turn @ expected) / size
    gain = pair.gain * (along / max(_length(turn), 1e-9)) ** 3
    if gain <= 0.0:
        return max(gain, _ELSEWHERE)
    slope = max(along / max(size, _LEAST_RAD), 1e-9)
    return gain * min(slope / _LEAST_SLOPE, 1.0, (_MOST_SLOPE / slope) ** 2)


def _length(turn: NDArray[np.float64]) -> float:
    return float(np.hypot(*turn))
