"""The simulated camera: a folder of pictures, each walked into view and held there a while.

Between two pictures the scene is empty. A held picture is not a frozen one: it sways a few pixels and carries
sensor noise, so that two frames of it differ about as much as two frames of a person standing still.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag

import cv2
import numpy as np

from edge.drivers.camera import Frame, Picture
from edge.drivers.camera.sensor_noise import SensorNoise
from edge.errors import HardwareError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
EMPTY_S = 1.0
_SWAY_PX = 6.0
_SWAY_PERIOD_S = 2.5
_SCENE_GREY = 96


class FolderCamera:
    """Frames of `width_px` × `height_px` at `rate_fps`; every picture is shown for `show_s`, in the order of
    their names. `decode` reads one picture file; a file it refuses makes `open` fail.
    """

    def __init__(
        self,
        folder: Path,
        decode: Callable[[Path], Picture],
        *,
        width_px: int = 640,
        height_px: int = 480,
        rate_fps: float = 10.0,
        show_s: float = 3.0,
        repeat: bool = True,
        seed: int = 0,
    ) -> None:
        self._folder = folder
        self._decode = decode
        self._size = (width_px, height_px)
        self._rate_fps = rate_fps
        self._frames_each = max(1, round(show_s * rate_fps))
        self._frames_empty = max(1, round(EMPTY_S * rate_fps))
        self._repeat = repeat
        self._seed = seed
        self._scenes: list[tuple[str, Picture]] = []
        self._noise: SensorNoise | None = None
        self._number = 0
        self._next_at_s = 0.0
        self._pause = Flag()

    def open(self) -> None:
        files = sorted(path for path in self._folder.glob("*") if path.suffix.lower() in SUFFIXES)
        if not files:
            raise HardwareError(f"no pictures in {self._folder}", hint="put .jpg or .png files there")
        width, height = self._size
        cv2.setRNGSeed(self._seed)
        self._noise = SensorNoise(width, height)
        empty = np.full((height, width, 3), _SCENE_GREY, np.uint8)
        empty[height * 2 // 3 :] = _SCENE_GREY // 2
        self._scenes = [("", empty)]
        for path in files:
            self._scenes.append((path.name, self._cover(self._decode(path))))
        self._next_at_s = time.monotonic()

    def _cover(self, picture: Picture) -> Picture:
        """Scaled to fill the frame; what is too tall is cut below, since portraits carry the head above."""
        width, height = self._size
        scale = max(width / picture.shape[1], height / picture.shape[0])
        size = (max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale)))
        scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        left = (scaled.shape[1] - width) // 2
        return np.ascontiguousarray(scaled[:height, left : left + width], dtype=np.uint8)

    def scene_at(self, number: int) -> tuple[str, Picture] | None:
        """Name and picture shown in frame `number`, before sway and noise; None when the show is over."""
        turn = self._frames_empty + self._frames_each
        place, within = divmod(number, turn)
        if place >= len(self._scenes) - 1 and not self._repeat:
            return None
        showing = 0 if within < self._frames_empty else 1 + place % (len(self._scenes) - 1)
        return self._scenes[showing]

    def read(self, timeout_s: float) -> Frame | None:
        wait_s = self._next_at_s - time.monotonic()
        if wait_s > timeout_s:
            self._pause.wait(timeout_s)
            return None
        if wait_s > 0:
            self._pause.wait(wait_s)
        self._next_at_s = max(self._next_at_s + 1 / self._rate_fps, time.monotonic() - 1.0)
        scene = self.scene_at(self._number)
        if scene is None:
            scene = self._scenes[0]
        name, picture = scene
        frame = Frame(self._living(picture, bool(name)), time.monotonic(), self._number, name)
        self._number += 1
        return frame

    def _living(self, picture: Picture, sways: bool) -> Picture:
        phase = 2 * np.pi * self._number / (self._rate_fps * _SWAY_PERIOD_S)
        shift = round(_SWAY_PX * np.sin(phase)) if sways else 0
        moved = np.roll(picture, (shift // 2, shift), axis=(0, 1)) if shift else picture
        assert self._noise is not None
        return self._noise.over(moved, self._number)

    def close(self) -> None:
        self._pause.set()
