"""Traces of a screen or a print on the skin: what repeats itself.

Pixels of a screen and dots of a print are a grid; seen by another grid, the camera's, they leave moiré: a few sharp
peaks in the spectrum of the picture at its own resolution. Skin has none, its spectrum falls off smoothly. The height
of the highest peak over its neighbourhood is measured, averaged over a few frames because the noise of single spectra
is exponentially distributed. Multiples of an eighth are left out: there the blocks of JPEG and of video lie.
"""

from __future__ import annotations

from collections import deque
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.faces import Face
from edge.vision.liveness.cue import Seen

_SIZES = (128, 64, 48)  # working pixels, the largest that the face fills
_EVERY = 3  # frames, once there are enough: neighbouring ones show much the same, but for their noise
_KEPT = 4
_LEAST = 2
_LOWEST = 0.16  # cycles per pixel; below it faces have structure of their own: brows and lips are bars
_SMOOTH, _PEAK = 12.0, 36.0  # ratios of a peak to its neighbourhood that are certainly nothing and certainly a grid


class Surface:
    """1 for a smooth spectrum, 0 for a grid. It cannot see screens and prints finer than the camera resolves."""

    name = "surface"
    passes = 0.5
    fails = 0.05

    def __init__(self) -> None:
        self._spectra: deque[NDArray[np.float32]] = deque(maxlen=_KEPT)
        self._frames = 0
        self._score: float | None = None

    def observe(self, seen: Seen) -> None:
        self._frames += 1
        if len(self._spectra) >= _LEAST and self._frames % _EVERY != 1:
            return
        power = spectrum(seen.face)
        if power is None:
            return
        if self._spectra and self._spectra[-1].shape != power.shape:
            self._spectra.clear()
        self._spectra.append(power)
        if len(self._spectra) >= _LEAST:
            height = peak(np.mean(self._spectra, axis=0))
            self._score = float(np.clip((_PEAK - height) / (_PEAK - _SMOOTH), 0.0, 1.0))

    def score(self) -> float | None:
        return self._score


def spectrum(face: Face) -> NDArray[np.float32] | None:
    """The power of the middle of the face, one half plane; None where the face is too small or cut off."""
    height, width = face.picture.shape[:2]
    oval = face.points[[10, 152, 234, 454], :2]
    if not np.isfinite(oval).all():
        return None
    x, y = oval.mean(axis=0)
    wide = float(np.hypot(*(oval[3] - oval[2])))
    for size in _SIZES:
        left, top = round(x - size / 2), round(y - size / 2)
        if size <= 1.05 * wide and left >= 0 and top >= 0 and left + size <= width and top + size <= height:
            grey = cv2.cvtColor(face.picture[top : top + size, left : left + size], cv2.COLOR_RGB2GRAY)
            return _power(grey.astype(np.float32))
    return None


def _power(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    size = len(grey)
    bare = (grey - cv2.blur(grey, (9, 9))) * _window(size)
    half = cv2.dft(bare, flags=cv2.DFT_COMPLEX_OUTPUT)[:, : size // 2 + 1]
    return np.asarray(half[..., 0] ** 2 + half[..., 1] ** 2, np.float32)


def peak(power: NDArray[np.float32]) -> float:
    """The highest peak over the mean of its neighbourhood (a ring of 13 × 13 less 5 × 5)."""
    wide, near = cv2.blur(power, (13, 13)) * 169.0, cv2.blur(power, (5, 5)) * 25.0
    ratio = power * 144.0 / np.maximum(wide - near, 1e-3)
    return float(ratio[_counted(len(power))].max())


@cache
def _window(size: int) -> NDArray[np.float32]:
    return np.asarray(cv2.createHanningWindow((size, size), cv2.CV_32F), np.float32)


@cache
def _counted(size: int) -> NDArray[np.bool_]:
    """Where a peak counts in the half plane of a spectrum of `size` rows."""
    down, right = np.abs(np.fft.fftfreq(size))[:, None], np.arange(size // 2 + 1)[None] / size
    eighth = size // 8
    near = np.minimum(np.arange(size) % eighth, -np.arange(size) % eighth) <= 2
    return np.asarray((np.hypot(down, right) >= _LOWEST) & ~(near[:, None] & near[None, : size // 2 + 1]), np.bool_)
