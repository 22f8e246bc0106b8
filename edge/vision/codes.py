"""QR codes in a picture, by zxing-cpp, which looks for nothing else.

Only plain QR codes are read: every further format is a further parser before strangers. Before a scene without strong
contrasts nothing is looked for at all, and the library is not even loaded (12 ms, 0.7 MB).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.drivers.camera import Picture
from edge.errors import HardwareError

if TYPE_CHECKING:
    from zxingcpp import Barcode

MOST_CODES = 4
"""Of one picture; the largest ones, which are the nearest."""

_SAMPLES = 160  # across the picture
_CELL = 8  # samples: 48 of 960 pixels, and the smallest legible code is more than twice as wide: it covers whole cells
_CONTRAST = 12.0
"""Luma steps of standard deviation. Black and white in equal parts that differ by 24 steps have as much; on paper in
the twilight it is three times that, and a plain wall's noise is a quarter."""


def may_show_code(picture: Picture) -> bool:
    """Whether any part of the picture is as uneven as a code."""
    step = max(1, picture.shape[1] // _SAMPLES)
    green = picture[::step, ::step, 1].astype(np.float32)
    cells = (max(1, green.shape[1] // _CELL), max(1, green.shape[0] // _CELL))
    mean = cv2.resize(green, cells, interpolation=cv2.INTER_AREA)
    square = cv2.resize(green * green, cells, interpolation=cv2.INTER_AREA)
    return float((square - mean * mean).max()) >= _CONTRAST**2


def read_codes(picture: Picture, most_bytes: int) -> list[bytes]:
    """What the QR codes in the picture say, the largest first. One that says more than `most_bytes` gives so many and
    one more, enough to be refused. Raises HardwareError when the library is missing.

    Neither mirrored nor light-on-dark codes are looked for, nor is the picture tried in other sizes: codes of less
    than two pixels to a module are not legible anyway, and those that fill the picture are.
    """
    if not may_show_code(picture):
        return []
    try:
        import zxingcpp
    except ImportError as error:
        raise HardwareError(f"zxing-cpp cannot be loaded: {error}", hint="make setup installs it") from error

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    # As an ImageView, so that other threads run meanwhile.
    view = zxingcpp.ImageView(grey, grey.shape[1], grey.shape[0], zxingcpp.ImageFormat.Lum)
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
    found = zxingcpp.read_barcodes(view, formats, try_rotate=False, try_downscale=False, try_invert=False)
    nearest = sorted(found, key=_size, reverse=True)[:MOST_CODES]
    return [bytes(code.bytes[: most_bytes + 1]) for code in nearest]


def _size(code: Barcode) -> int:
    """The square of its diagonal, in pixels."""
    corner, opposite = code.position.top_left, code.position.bottom_right
    across, down = opposite.x - corner.x, opposite.y - corner.y
    return int(across * across + down * down)
