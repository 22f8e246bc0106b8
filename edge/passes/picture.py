"""A pass as a picture: the code with its quiet zone, and below it a few lines for people."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.passes.token import MOST_BYTES

_MODULE_PX = 12
"""So that a phone shows it sharply over its whole width, and 6 cm of paper have 300 dots to the inch."""
_LINE_PX, _MARGIN_PX = 36, 48


def symbol(token: str, module_px: int) -> NDArray[np.uint8]:
    """The code alone with its quiet zone, height × width, grey. The error correction is the lowest, since every module
    more costs distance.
    """
    import zxingcpp

    assert len(token) <= MOST_BYTES
    code = zxingcpp.create_barcode(token, zxingcpp.BarcodeFormat.QRCode, ec_level="L")
    return np.array(code.to_image(scale=module_px, add_quiet_zones=True), dtype=np.uint8)


def draw(token: str, caption: Sequence[str]) -> bytes:
    """A PNG of about 800 × 900 pixels."""
    from PIL import Image, ImageDraw, ImageFont

    code = symbol(token, _MODULE_PX)
    height, width = code.shape
    whole = Image.new("L", (width, height + _LINE_PX * len(caption) + _MARGIN_PX // 2), 255)
    whole.paste(Image.fromarray(code), (0, 0))
    font = ImageFont.load_default(_LINE_PX * 0.6)
    pen = ImageDraw.Draw(whole)
    for number, line in enumerate(caption):
        pen.text((_MARGIN_PX, height + _LINE_PX * number), line, fill=0, font=font)
    out = io.BytesIO()
    whole.save(out, "PNG", optimize=True)
    return out.getvalue()
