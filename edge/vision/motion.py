"""Has anything moved: a gate before the networks, so that an empty scene costs next to nothing.

The picture is reduced to a coarse grid of luma. A cell counts as moved when it leaves its slowly following reference
by more than its own noise allows, averaged with its neighbours; so a figure hardly brighter than the wall is seen
as long as it covers some cells, and a noisy camera at night does not keep the networks running.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture

_SAMPLED = (160, 120)  # columns, rows that are looked at
_CELLS = (40, 30)  # of 16 samples each: the noise of a cell is a quarter of a pixel's
_POOL = 3  # neighbouring cells averaged: another third
_SIGMAS = 6.0  # of the pooled noise; 1,200 cells at 10 frames a second pass 5 sigmas by chance every few minutes
_FEWEST_CELLS = 3  # a head covers about twelve with 20 of 640 px between the eyes, seven with 24 of 960
_LEAST_NOISE = 0.4  # luma steps: rounding and a video codec's steps are not noise one can measure
_NOISE_FOLLOWS_S = 3.0
_REFERENCE_FOLLOWS_S = 1.5


class MotionGate:
    """Open while something moves, and `hold_s` longer; also while the caller still tracks a face.

    The reference follows the scene with a time constant of 1.5 s: after a parked bicycle or a lamp that was switched
    on the gate closes again by itself. A change of light of the whole picture at once is taken out.
    """

    def __init__(self, hold_s: float = 2.0) -> None:
        self._hold_s = hold_s
        self._reference: NDArray[np.float32] | None = None
        self._previous: NDArray[np.float32] | None = None
        self._noise = np.float32(_LEAST_NOISE)
        self._last_s = 0.0
        self._open_until_s = float("-inf")

    def update(self, picture: Picture, now_s: float, *, tracked: bool = False) -> bool:
        """Whether the networks should look at this frame. `tracked`: a face is being followed; it may stand still.

        The first frame, and one of another size or after a pause of more than a second, opens the gate: what
        happened meanwhile is not known.
        """
        cells = _luma_cells(picture)
        pause_s = now_s - self._last_s
        self._last_s = now_s
        if self._reference is None or self._previous is None or not 0.0 <= pause_s <= 1.0:
            self._reference, self._previous = cells.copy(), cells
            moved = True
        else:
            moved = self._moved(cells - self._reference)
            self._learn_noise(cells - self._previous, pause_s)
            self._reference += _share(pause_s, _REFERENCE_FOLLOWS_S) * (cells - self._reference)
            self._previous = cells
        if moved or tracked:
            self._open_until_s = now_s + self._hold_s
        return now_s <= self._open_until_s

    def _moved(self, change: NDArray[np.float32]) -> bool:
        most = _SIGMAS * float(self._noise)
        # Clipped, so that it takes three cells of the nine, and not one that a lamp's reflection flickers in.
        pooled = cv2.blur(np.clip(change - np.median(change), -most, most), (_POOL, _POOL))
        limit = most / _POOL
        return int(np.count_nonzero(np.abs(pooled) > limit)) >= _FEWEST_CELLS

    def _learn_noise(self, change: NDArray[np.float32], pause_s: float) -> None:
        """The median difference between two frames is noise even while somebody walks through a part of them.

        For normal noise it is 0.6745 · sqrt(2) = 0.954 standard deviations of a cell.
        """
        measured = max(float(np.median(np.abs(change - np.median(change)))) / 0.954, _LEAST_NOISE)
        self._noise += np.float32(_share(pause_s, _NOISE_FOLLOWS_S) * (measured - float(self._noise)))


def _share(pause_s: float, follows_s: float) -> float:
    return 1.0 - math.exp(-pause_s / follows_s)


def _luma_cells(picture: Picture) -> NDArray[np.float32]:
    sampled = cv2.resize(picture, _SAMPLED, interpolation=cv2.INTER_NEAREST)
    grey = cv2.cvtColor(sampled, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey.astype(np.float32), _CELLS, interpolation=cv2.INTER_AREA))
