"""Which opening an item went through: the one that its front moved over before it vanished or a hand came back."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edge.vision.regions import centre_of

_COVERED = 0.25  # of an opening
_FRONT_S = 0.25  # what was not covered so long ago is the front of the motion
_FEWEST_FRONT = 3
_LATEST_S = 0.8  # an opening counts for so long after something moved over it
_EMPTY_HAND = 0.6  # of the area before: the hand that comes back is smaller without the item
_DRAWN_BACK = 0.5  # of the opening's largest cover
_AHEAD_S = 0.15  # a frame and a half at 10 a second: it vanishes between two frames


class Passage:
    """One item's way over the openings, which are masks of cells by bin."""

    def __init__(self, openings: Mapping[str, NDArray[np.bool_]]) -> None:
        self._openings = openings
        self._centres = {name: centre_of(mask) for name, mask in openings.items()}
        self._past: deque[tuple[float, NDArray[np.bool_]]] = deque(maxlen=16)
        self._candidate = ""
        self._candidate_s = float("-inf")
        self._cover = 0.0
        self._before = 0

    def follow(self, mask: NDArray[np.bool_], now_s: float, *, still: bool) -> str | None:
        """The bin, when a hand comes back from its opening without what it carried; else None."""
        cells = int(np.count_nonzero(mask))
        if still:  # held before an opening is not put into it
            self._candidate, self._before = "", cells
        else:
            self._before = max(self._before, cells)
            self._advance(mask, now_s)
        self._past.append((now_s, mask))
        if not self._candidate or now_s - self._candidate_s > _LATEST_S:
            return None
        cover = _share_of(mask, self._openings[self._candidate])
        returned = cover < _DRAWN_BACK * self._cover and cells < _EMPTY_HAND * self._before
        return self._candidate if returned else None

    def vanished(self, seen_s: float) -> str | None:
        """The bin that it went into, when nothing is in view any more since `seen_s`."""
        return self._candidate if self._candidate and seen_s - self._candidate_s <= _LATEST_S / 2 else None

    def _advance(self, mask: NDArray[np.bool_], now_s: float) -> None:
        earlier = [(at_s, past) for at_s, past in self._past if now_s - at_s <= _FRONT_S]
        if not earlier:
            return
        at_s, past = earlier[0]
        front = mask & ~past
        if np.count_nonzero(front) < _FEWEST_FRONT:
            return
        here, there = centre_of(mask), centre_of(past)
        ahead = _AHEAD_S / max(now_s - at_s, 0.05)
        way = (here[0] - there[0], here[1] - there[1])
        tip = centre_of(front)
        tip = (tip[0] + ahead * way[0], tip[1] + ahead * way[1])
        nearest, least = "", math.inf
        for name, opening in self._openings.items():
            centre = self._centres[name]
            towards = way[0] * (centre[0] - there[0]) + way[1] * (centre[1] - there[1])
            if towards <= 0.0 or _share_of(mask, opening) < _COVERED or not np.any(front & opening):
                continue
            distance = math.hypot(centre[0] - tip[0], centre[1] - tip[1])
            if distance < least:
                nearest, least = name, distance
        if nearest:
            cover = _share_of(mask, self._openings[nearest])
            self._cover = max(self._cover, cover) if nearest == self._candidate else cover
            self._candidate, self._candidate_s = nearest, now_s


def _share_of(mask: NDArray[np.bool_], opening: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(mask & opening)) / float(np.count_nonzero(opening))
