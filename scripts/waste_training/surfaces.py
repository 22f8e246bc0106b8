"""Surfaces of our own: plain, graded, stained, tiled, woven, wooden, stony; what things lie on, and what an empty
station sees.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator
Picture = NDArray[np.uint8]


def surface(random: Random, px: int) -> Picture:
    """Any of them, RGB, `px` square, with uneven light."""
    kind = _KINDS[int(random.integers(len(_KINDS)))]
    base = kind(random, px) * _light(random, px)
    return np.clip(base, 0, 255).astype(np.uint8)


def white(random: Random, px: int) -> Picture:
    """The paper or the light box of a product photograph."""
    base = np.full((px, px, 3), random.uniform(215, 255)) * (1 + random.normal(0, 0.012, 3))
    if random.random() < 0.5:
        base = base * (0.5 + 0.5 * _light(random, px))
    return np.clip(base, 0, 255).astype(np.uint8)


def wood(random: Random, px: int) -> NDArray[np.float64]:
    grain = cv2.resize(
        random.normal(0, 1, (int(random.integers(20, 120)), int(random.integers(2, 6)))),
        (px, px),
        interpolation=cv2.INTER_CUBIC,
    )
    fine = cv2.resize(random.normal(0, 1, (px, 8)), (px, px))
    value = random.uniform(0.3, 0.85)
    tint = 255 * np.array([value, value * random.uniform(0.65, 0.85), value * random.uniform(0.4, 0.7)])
    made = tint * (1 + random.uniform(0.08, 0.25) * grain + 0.05 * fine)[..., None]
    if random.random() < 0.5:  # planks
        step = int(random.integers(px // 6, px // 2))
        made[::step] *= 0.4
    return _turned(random, made, px)


def _plain(random: Random, px: int) -> NDArray[np.float64]:
    return np.ones((px, px, 1)) * _tint(random)


def _speckled(random: Random, px: int) -> NDArray[np.float64]:
    """Concrete, asphalt, terrazzo, carpet, sand: noise of several sizes."""
    total = np.zeros((px, px))
    for octave in range(1, 7):
        side = 2**octave + 1
        total += cv2.resize(
            random.normal(0, 1, (side, side)), (px, px), interpolation=cv2.INTER_CUBIC
        ) * random.uniform(0, 1)
    grain = random.normal(0, 1, (px, px)) * random.uniform(0, 1.5)
    return _tint(random) * (1 + random.uniform(0.03, 0.13) * (total + grain))[..., None]


def _tiled(random: Random, px: int) -> NDArray[np.float64]:
    made = _speckled(random, px)
    step, wide = int(random.integers(px // 8, px)), int(random.integers(1, 6))
    joint = _tint(random)
    offset = random.integers(step)
    for at in range(int(offset) - step, px, step):
        made[max(at, 0) : max(at + wide, 0)] = joint
        made[:, max(at, 0) : max(at + wide, 0)] = joint
    return _turned(random, made, px)


def _striped(random: Random, px: int) -> NDArray[np.float64]:
    """Corrugated sheet, slats, grids, cloth."""
    x = np.linspace(0, random.uniform(3, 40) * 2 * np.pi, px)
    wave = np.sin(x) if random.random() < 0.5 else np.sign(np.sin(x)) * 0.7
    made = np.outer(np.ones(px), wave) + (np.outer(wave, np.ones(px)) if random.random() < 0.4 else 0)
    return _turned(random, _tint(random) * (1 + random.uniform(0.05, 0.4) * made)[..., None], px)


def _two_parts(random: Random, px: int) -> NDArray[np.float64]:
    """A table before a wall, the edge of a counter, a bin's rim."""
    made = _speckled(random, px)
    at = int(random.uniform(0.2, 0.8) * px)
    made[at:] = _speckled(random, px)[at:]
    return _turned(random, made, px, 0.4)


def _smooth(random: Random, px: int) -> NDArray[np.float64]:
    """Out of focus: large soft patches of colour."""
    side = int(random.integers(2, 6))
    coarse = random.uniform(20, 245, (side, side, 1)) * (1 + random.normal(0, 0.15, (side, side, 3)))
    return np.asarray(cv2.resize(coarse, (px, px), interpolation=cv2.INTER_CUBIC))


_KINDS: tuple[Callable[[Random, int], NDArray[np.float64]], ...] = (
    _plain,
    _speckled,
    _speckled,
    _tiled,
    _striped,
    _two_parts,
    _smooth,
    wood,
)


def _tint(random: Random) -> NDArray[np.float64]:
    grey = random.uniform(15, 245)
    return np.clip(grey * (1 + random.normal(0, 0.05 if random.random() < 0.6 else 0.3, 3)), 0, 255)


def _light(random: Random, px: int) -> NDArray[np.float64]:
    corners = np.exp(random.normal(0, 0.25, (2, 2)))
    return np.asarray(cv2.resize(corners, (px, px), interpolation=cv2.INTER_LINEAR))[..., None]


def _turned(random: Random, made: NDArray[np.float64], px: int, most: float = 3.2) -> NDArray[np.float64]:
    turn = cv2.getRotationMatrix2D((px / 2, px / 2), np.degrees(random.uniform(-most, most)), 1.45)
    return np.asarray(cv2.warpAffine(made, turn, (px, px), borderMode=cv2.BORDER_REFLECT))
