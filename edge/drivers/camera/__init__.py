"""Cameras: a `Camera` hands out RGB frames. Every implementation bounds its reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.errors import HardwareError

Picture = NDArray[np.uint8]
"""Height × width × 3, RGB, uint8, C-contiguous."""

_MIN_PX, _MAX_PX = 64, 4096


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


def checked(array: Any) -> Picture:
    """The array as a Picture, or HardwareError: a driver may hand out anything after a bad cable or a reset."""
    shape = getattr(array, "shape", None)
    if getattr(array, "dtype", None) != np.uint8 or shape is None or len(shape) != 3 or shape[2] != 3:
        raise HardwareError(
            f"the camera gave {getattr(array, 'dtype', type(array).__name__)} of shape {shape}, not an RGB picture",
            hint="check its format and cable",
        )
    if not (_MIN_PX <= shape[0] <= _MAX_PX and _MIN_PX <= shape[1] <= _MAX_PX):
        raise HardwareError(
            f"the camera gave a picture of {shape[1]}×{shape[0]} px",
            hint=f"each side must lie between {_MIN_PX} and {_MAX_PX} px; set width_px and height_px",
        )
    return np.ascontiguousarray(array)
