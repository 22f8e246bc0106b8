"""From RGB bytes to a network's input, as the manifest states it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.drivers.camera import Picture
from edge.vision.manifest import ModelEntry


class Normaliser:
    """(pixel - mean) / std per channel, in the entry's channel order, as a batch of one.

    Where mean is 0 and std is 1 the bytes stay bytes: the driver takes them as whole numbers.
    """

    def __init__(self, entry: ModelEntry) -> None:
        mean, std = np.array(entry.mean), np.array(entry.std)
        self._swap = entry.channel_order == "BGR"
        self._plain = not mean.any() and bool((std == 1.0).all())
        # Written out for a whole row, because numpy is slow on an inner loop of three channels.
        self._factor = np.tile(1.0 / std, entry.input_px).astype(np.float32)
        self._shift = np.tile(-mean / std, entry.input_px).astype(np.float32)

    def __call__(self, square: Picture) -> NDArray[Any]:
        """`square`: the entry's input_px high and wide, RGB."""
        ordered: NDArray[Any] = np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2BGR)) if self._swap else square
        if self._plain:
            return ordered[None]
        rows = ordered.reshape(len(ordered), -1) * self._factor
        rows += self._shift
        return rows.reshape(1, *ordered.shape)
