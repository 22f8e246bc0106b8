"""A pass as a picture: the code with its quiet zone, and below it a few lines for people."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from edge.passes.token import MOST_BYTES

_MODULE_PX = 12
"""So that a phone shows it sharply over its whole width, and 6 cm of paper have 300 dots to the inch."""
_LINE_PX, _MARGIN_PX = 36, 48


def draw(token: str, caption: Sequence[str]) -> bytes:
    """A PNG of about 800 × 900 pixels. The error correction is the lowest, since every module more costs distance."""
    import zxingcpp
    from PIL import Image, ImageDraw, ImageFont

    assert len(token) <= MOST_BYTES
    code = zxingcpp.create_barcode(token, zxingcpp.BarcodeFormat.QRCode, ec_level="L")
    symbol = np.array(code.to_image(scale=_MODULE_PX, add_quiet_zones=True))
    height, width = symbol.shape
    whole = Image.new("L", (width, height + _LINE_PX * len(caption) + _MARGIN_PX // 2), 255)
    whole.paste(Image.fromarray(symbol), (0, 0))
    font = ImageFont.load_default(_LINE_PX * 0.6)
    pen = ImageDraw.Draw(whole)
    for number, line in enumerate(caption):
        pen.text((_MARGIN_PX, height + _LINE_PX * number), line, fill=0, font=font)
    out = io.BytesIO()
    whole.save(out, "PNG", optimize=True)
    return out.getvalue()
