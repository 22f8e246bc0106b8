"""The simulated camera of a waste station: a wall, and pictures of items that are carried past it as a script says.

Each item comes in from above, is held still with a trembling hand, and then goes into an opening or away again. The
script is TOML, with one table for each item:

    [[item]]
    picture = "bottle.jpg"    # beside the script
    begins_s = 3.0            # seconds after the camera was opened
    held_s = 2.0
    into = [0.2, 0.8]         # where it goes in, as fractions of the picture; none: it is taken away again
    size = 0.5                # its longer side, as a fraction of the picture's height
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from math import sin
from pathlib import Path
from threading import Event as Flag
from typing import Annotated, Any

import cv2
import numpy as np

from edge.config.check import Between, Problems, read_table
from edge.config.kinds import Fraction
from edge.drivers.camera import Frame, Picture
from edge.drivers.camera.sensor_noise import SensorNoise
from edge.errors import DataError, HardwareError

COMES_S, GOES_S = 0.6, 0.6
_TREMBLE_PX = 1.5
_WALL = (148, 140, 128)
_TAKEN_TO = (0.5, -0.6)  # above the picture: where an item comes from, and goes to when it is taken away


@dataclass(frozen=True, slots=True)
class Item:
    """One table of the script."""

    picture: str
    begins_s: Annotated[float, Between(0.0, 86400.0)]
    held_s: Annotated[float, Between(0.0, 600.0)] = 2.0
    into: tuple[Fraction, ...] = ()
    size: Annotated[float, Between(0.1, 1.0)] = 0.5

    @property
    def ends_s(self) -> float:
        """When it is out of sight."""
        return self.begins_s + COMES_S + self.held_s + GOES_S

    def place(self, at_s: float) -> tuple[float, float] | None:
        """Where its centre is, as fractions; None while it is not in view."""
        since = at_s - self.begins_s
        held = (0.5, 0.42)
        goal = self.into or _TAKEN_TO
        if not 0.0 <= since < self.ends_s - self.begins_s:
            return None
        if since < COMES_S:
            return _between(_TAKEN_TO, held, since / COMES_S)
        if since < COMES_S + self.held_s:
            return held
        return _between(held, goal, (since - COMES_S - self.held_s) / GOES_S)


@dataclass(frozen=True, slots=True)
class _Script:
    item: tuple[Item, ...]


def read_script(path: Path) -> tuple[Item, ...]:
    """The items, in the order in which they come. Raises DataError."""
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", hint="see [station.camera] path") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path} is no TOML: {error}", hint="one table [[item]] for each item") from error
    problems: Problems = []
    script = read_table(_Script, table, (), problems)
    if not problems:
        problems = [
            (("item", str(place)), "'into' takes two fractions")
            for place, item in enumerate(script.item)
            if item.into and len(item.into) != 2
        ]
    if problems:
        told = "; ".join(f"{'.'.join(key) or 'script'}: {what}" for key, what in problems)
        raise DataError(f"{path}: {told}", hint="one table [[item]] for each item")
    return tuple(sorted(script.item, key=lambda item: item.begins_s))


class ScriptedCamera:
    """Frames of `width_px` × `height_px` at `rate_fps`; each frame's `name` is the item's picture, empty for the wall
    alone. `decode` reads one picture file; a script or file that it refuses makes `open` fail.
    """

    def __init__(
        self,
        script: Path,
        decode: Callable[[Path], Picture],
        *,
        width_px: int = 640,
        height_px: int = 480,
        rate_fps: float = 10.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._script = script
        self._decode = decode
        self._size = (width_px, height_px)
        self._rate_fps = rate_fps
        self._monotonic = monotonic
        self._items: list[tuple[Item, Picture]] = []
        self._wall: Picture = np.empty((0, 0, 3), np.uint8)
        self._noise: SensorNoise | None = None
        self._began_s = self._next_at_s = 0.0
        self._number = 0
        self._pause = Flag()

    def open(self) -> None:
        width, height = self._size
        try:
            self._items = [
                (item, _scaled(self._decode(self._script.parent / item.picture), round(item.size * height)))
                for item in read_script(self._script)
            ]
        except DataError as error:
            raise HardwareError(error.message, hint=error.hint) from error
        cv2.setRNGSeed(0)
        grain = np.zeros((height // 8, width // 8, 3), np.uint8)
        cv2.randn(grain, np.zeros(3), np.full(3, 9.0))
        rough = cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC)
        self._wall = np.asarray(cv2.add(np.full((height, width, 3), _WALL, np.uint8), rough), np.uint8)
        self._noise = SensorNoise(width, height)
        self._began_s = self._next_at_s = self._monotonic()

    def read(self, timeout_s: float) -> Frame | None:
        wait_s = self._next_at_s - self._monotonic()
        if wait_s > timeout_s:
            self._pause.wait(timeout_s)
            return None
        if wait_s > 0:
            self._pause.wait(wait_s)
        now_s = self._monotonic()
        self._next_at_s = max(self._next_at_s + 1 / self._rate_fps, now_s - 1.0)
        name, picture = self.scene_at(now_s - self._began_s)
        assert self._noise is not None
        frame = Frame(self._noise.over(picture, self._number), now_s, self._number, name)
        self._number += 1
        return frame

    def scene_at(self, at_s: float) -> tuple[str, Picture]:
        """What is in view so long after the camera was opened, before noise: the item's picture, and the frame."""
        scene, shown = self._wall.copy(), ""
        for item, sprite in self._items:
            place = item.place(at_s)
            if place is not None:
                tremble = _TREMBLE_PX * sin(13.0 * at_s)
                _paste(scene, sprite, place[0] * scene.shape[1] + tremble, place[1] * scene.shape[0])
                shown = item.picture
        return shown, scene

    def close(self) -> None:
        self._pause.set()


def _between(start: tuple[float, ...], goal: tuple[float, ...], share: float) -> tuple[float, float]:
    return start[0] + share * (goal[0] - start[0]), start[1] + share * (goal[1] - start[1])


def _scaled(picture: Picture, longer_px: int) -> Picture:
    scale = longer_px / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))


def _paste(scene: Picture, sprite: Picture, x: float, y: float) -> None:
    """Put the sprite with its centre at (x, y), as far as it lies within the scene."""
    left, top = round(x - sprite.shape[1] / 2), round(y - sprite.shape[0] / 2)
    right, bottom = min(left + sprite.shape[1], scene.shape[1]), min(top + sprite.shape[0], scene.shape[0])
    cut_left, cut_top = max(0, -left), max(0, -top)
    if right > max(left, 0) and bottom > max(top, 0):
        part = sprite[cut_top : bottom - top, cut_left : right - left]
        scene[top + cut_top : bottom, left + cut_left : right] = part
