"""Which face of this frame is which face of the last one: by where it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from edge.vision.geometry import Box

_LEAST_IOU = 0.1
# A face that moved on by less than its own size between two frames may be the same one even if the boxes no longer
# touch: at 10 frames a second and 1 m distance that is a brisk walk across the picture.
_FARTHEST = 1.0
_SIZE_RATIO = 2.0


def likeness(a: Box, b: Box) -> float:
    """How well two boxes of consecutive frames go together: 1 + IoU where they overlap, [0, 1) by the distance of
    their middles where they do not, -1 where they cannot be one face.
    """
    big, small = max(a.width, b.width), min(a.width, b.width)
    if small <= 0.0 or big > _SIZE_RATIO * small:
        return -1.0
    iou = a.iou(b)
    if iou >= _LEAST_IOU:
        return 1.0 + iou
    (ax, ay), (bx, by) = a.centre, b.centre
    distance = math.hypot(ax - bx, ay - by) / big
    return 1.0 - distance / _FARTHEST if distance < _FARTHEST else -1.0


def associate(known: Sequence[Box], seen: Sequence[Box]) -> dict[int, int]:
    """Pairs {index in `seen`: index in `known`}, best pair first, nobody twice."""
    pairs = [(likeness(k, s), i, j) for i, k in enumerate(known) for j, s in enumerate(seen)]
    chosen: dict[int, int] = {}
    for value, i, j in sorted(pairs, key=lambda pair: -pair[0]):
        if value >= 0.0 and j not in chosen and i not in chosen.values():
            chosen[j] = i
    return chosen
