"""QR codes in a picture, by zxing-cpp. It looks for nothing else, so an empty picture costs a third of a millisecond.

Only plain QR codes are read: every further format is a further parser before strangers. The library is imported at the
first look (12 ms, 0.7 MB).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from edge.drivers.camera import Picture
from edge.errors import HardwareError

if TYPE_CHECKING:
    from zxingcpp import Barcode

MOST_CODES = 4
"""Of one picture; the largest ones, which are the nearest."""


def read_codes(picture: Picture, most_bytes: int) -> list[bytes]:
    """What the QR codes in the picture say, the largest first. One that says more than `most_bytes` gives so many and
    one more, enough to be refused. Raises HardwareError when the library is missing.

    Neither mirrored nor light-on-dark codes are looked for, nor is the picture tried in other sizes: codes of less
    than two pixels to a module are not legible anyway, and those that fill the picture are (a test shows both).
    """
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
