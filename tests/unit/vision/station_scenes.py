"""Synthetic views of a station's camera: a wall, things on it, light and shadow, a camera's noise. All seeded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480
RATE_FPS = 10.0
OPENINGS: Mapping[str, tuple[float, ...]] = {
    "left": (0.05, 0.7, 0.3, 0.95),
    "middle": (0.38, 0.7, 0.62, 0.95),
    "right": (0.7, 0.7, 0.95, 0.95),
}
Image = NDArray[np.float32]
Scene = Callable[[float], Image]
"""From a time in seconds to the light that falls into the camera, 0 to 255."""


def rough(height: int, width: int, colour: tuple[int, int, int], sigma: float, seed: int, grain: int = 10) -> Image:
    random = np.random.default_rng(seed)
    coarse = random.normal(0.0, sigma, (height // grain + 2, width // grain + 2, 3)).astype(np.float32)
    return np.asarray(colour, np.float32) + cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


WALL = rough(HEIGHT, WIDTH, (148, 140, 128), 9.0, 1)
WALL[360:, :] *= 0.8  # the bins' fronts
BOX = rough(160, 200, (70, 110, 190), 40.0, 2)
CAN = rough(130, 80, (190, 40, 40), 40.0, 3)


def wall(_at_s: float) -> Image:
    return WALL.copy()


def paste(scene: Image, thing: Image, x: float, y: float) -> Image:
    """The thing with its centre at (x, y), fractions of the picture, as far as it lies within."""
    height, width = thing.shape[:2]
    left, top = round(x * WIDTH - width / 2), round(y * HEIGHT - height / 2)
    right, bottom = min(left + width, WIDTH), min(top + height, HEIGHT)
    first, above = max(left, 0), max(top, 0)
    if right > first and bottom > above:
        scene[above:bottom, first:right] = thing[above - top : bottom - top, first - left : right - left]
    return scene


def moved(
    thing: Image, path: tuple[tuple[float, float, float], ...], tremble_px: float = 0.0, scene: Scene = wall
) -> Scene:
    """The thing on a path of (time, x, y), straight between its points; not there before and after."""
    times = [point[0] for point in path]

    def at(at_s: float) -> Image:
        image = scene(at_s)
        if not times[0] <= at_s <= times[-1]:
            return image
        x = float(np.interp(at_s, times, [point[1] for point in path]))
        y = float(np.interp(at_s, times, [point[2] for point in path]))
        shake = tremble_px * np.sin(25.0 * at_s) / WIDTH, tremble_px * np.cos(19.0 * at_s) / HEIGHT
        return paste(image, thing, x + shake[0], y + shake[1])

    return at


def lit(scene: Scene, light: Callable[[float], Image | float]) -> Scene:
    return lambda at_s: scene(at_s) * light(at_s)


def shadow(at_s: float, begins_s: float = 2.0) -> Image:
    """A soft shadow of half the light that goes over the wall from left to right in three seconds."""
    across = np.arange(WIDTH, dtype=np.float32)
    middle = (at_s - begins_s) / 3.0 * 1.6 * WIDTH - 0.3 * WIDTH
    dark = 0.5 - 0.5 * np.tanh((np.abs(across - middle) - 90.0) / 12.0)
    return np.asarray(np.repeat(1.0 - 0.5 * dark[None, :, None], HEIGHT, axis=0), np.float32)


_GRAIN = [np.random.default_rng(1000 + n).standard_normal((HEIGHT, WIDTH, 3), np.float32) for n in range(3)]


def photographed(light: Image, number: int, sigma: float = 2.0) -> NDArray[np.uint8]:
    return np.clip(light + sigma * _GRAIN[number % 3], 0.0, 255.0).astype(np.uint8)


def frames(scene: Scene, until_s: float, sigma: float = 2.0) -> list[tuple[float, NDArray[np.uint8]]]:
    """Time and picture, ten a second."""
    times = [number / RATE_FPS for number in range(int(until_s * RATE_FPS))]
    return [(at_s, photographed(scene(at_s), number, sigma)) for number, at_s in enumerate(times)]
