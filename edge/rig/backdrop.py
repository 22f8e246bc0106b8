"""What lies behind people: walls with doors, windows and posters, or a garden; still, before a fixed camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.drivers.camera import Picture

_OCTAVES = (4, 8, 16, 32, 64, 128)


def mottle(rng: Generator, width: int, height: int, roughness: float) -> NDArray[np.float32]:
    """Noise of many sizes, mean 0, standard deviation 1. `roughness`: the share that each finer octave has of the one
    before.
    """
    total = np.zeros((height, width), np.float32)
    for place, cells in enumerate(_OCTAVES):
        rows = max(2, round(cells * height / width))
        grain = rng.standard_normal((rows, cells)).astype(np.float32)
        total += roughness**place * cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray((total - total.mean()) / max(float(total.std()), 1e-6), dtype=np.float32)


def make_backdrop(rng: Generator, width: int, height: int) -> Picture:
    """A scene without people, RGB. It may hold straight edges and frames, as an entrance does."""
    base = rng.uniform(60, 200) + rng.normal(0, 10, 3)
    surface = mottle(rng, width, height, rng.uniform(0.4, 0.9))
    tint = rng.normal(1.0, 0.05, 3)
    scene = base + surface[..., None] * rng.uniform(2, 16) * tint
    scene += np.linspace(-1, 1, height)[:, None, None] * rng.normal(0, 18)
    scene += np.linspace(-1, 1, width)[None, :, None] * rng.normal(0, 18)
    if rng.random() < 0.35:
        _leaves(rng, scene)
    for _ in range(int(rng.integers(0, 7))):
        _frame(rng, scene)
    picture = np.clip(scene, 0, 255).astype(np.uint8)
    # A camera set sharp for faces shows what lies behind them a little softer.
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 2.5))))


def _frame(rng: Generator, scene: NDArray[np.float64]) -> None:
    """A door, a window, a poster or a rail: a rectangle, seldom exactly upright, often with a rim."""
    height, width = scene.shape[:2]
    size = rng.uniform(0.05, 0.6) * width, rng.uniform(0.05, 0.9) * height
    centre = rng.uniform(0, width), rng.uniform(0, height)
    corners = cv2.boxPoints((centre, size, float(rng.normal(0, 2.0)))).astype(np.int32)
    colour = np.clip(scene.mean(axis=(0, 1)) + rng.normal(0, 45) + rng.normal(0, 9, 3), 5, 250)
    low, high = np.maximum(corners.min(axis=0), 0), np.minimum(corners.max(axis=0) + 1, (width, height))
    if (high <= low).any():
        return
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, corners, (1,), cv2.LINE_AA)
    strength = rng.uniform(0.5, 1.0) * mask[..., None]
    scene *= 1.0 - strength
    scene += strength * colour
    if rng.random() < 0.6:
        rim = np.zeros((height, width), np.uint8)
        cv2.polylines(rim, [corners], True, (1,), int(rng.integers(1, 8)), cv2.LINE_AA)
        scene += rim[..., None] * rng.normal(0, 50)


def _leaves(rng: Generator, scene: NDArray[np.float64]) -> None:
    height, width = scene.shape[:2]
    for _ in range(60):
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        axes = (int(rng.uniform(3, 26)), int(rng.uniform(2, 12)))
        colour = rng.uniform(30, 170) * np.array([0.75, 1.0, 0.6]) + rng.normal(0, 10, 3)
        cv2.ellipse(scene, centre, axes, float(rng.uniform(0, 180)), 0.0, 360.0, colour.tolist(), -1)
