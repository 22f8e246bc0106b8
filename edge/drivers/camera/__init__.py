"""Cameras: a `Camera` hands out RGB frames. Every implementation bounds its reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height × width × 3, RGB, uint8, C-contiguous."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and when it was taken (`mono_s`). `name` is where it came from, if it is a file."""

    picture: Picture
    mono_s: float
    number: int
    name: str = ""


class Camera(Protocol):
    """A source of frames. `open` may raise HardwareError; `read` blocks at most `timeout_s`."""

    def open(self) -> None: ...

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame, or None when none came in time. Raises HardwareError when the camera is gone."""
        ...

    def close(self) -> None: ...
