"""The noise of a simulated camera's sensor, so that no two frames of a still scene are the same."""

from __future__ import annotations

import cv2
import numpy as np

from edge.drivers.camera import Picture

_SIGMA = 2.5
_SHIFT_PX = 8


class SensorNoise:
    """Drawn once for frames of `width` × `height`, from OpenCV's generator as it was seeded, and shifted from frame to
    frame: drawing it anew for each would cost more than the recognition. By OpenCV, since numpy's generators take four
    megabytes that no real gate would need.
    """

    def __init__(self, width: int, height: int) -> None:
        self._strip: Picture = np.empty((height + _SHIFT_PX, width, 3), np.uint8)
        cv2.randn(self._strip, np.full(3, 128.0), np.full(3, _SIGMA))

    def over(self, picture: Picture, number: int) -> Picture:
        """The picture as frame `number` shows it."""
        first = number % 2 * _SHIFT_PX
        noise = self._strip[first : first + len(picture)]
        return np.asarray(cv2.addWeighted(picture, 1.0, noise, 1.0, -128.0), dtype=np.uint8)
