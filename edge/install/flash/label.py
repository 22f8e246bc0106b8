"""The label of a device, as a picture and as a page to print: who it is, where its page is, and how a phone gets in.

The device's own radio network has a passphrase of its own, since the device has to hold it as it is, and of the pairing
code only a hash. Its key does not exist yet when the label is printed: there is a line for the fingerprint. The
QR code holds address and pairing code, behind a `#`, so that no server ever sees it.
"""

from __future__ import annotations

import io

import numpy as np

from edge.install.provision.card import About

_DPI = 300
_WIDTH, _HEIGHT = 1063, 591  # 90 × 50 mm at 300 dots to the inch
_MARGIN, _CODE = 36, 420


def link(about: About) -> str:
    """What the QR code says."""
    return f"{about.address}#pair={about.code}&device={about.name}"


def draw(about: About) -> tuple[bytes, bytes]:
    """A PNG and a PDF of 90 × 50 mm."""
    import zxingcpp
    from PIL import Image, ImageDraw, ImageFont

    code = zxingcpp.create_barcode(link(about), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules = np.array(code.to_image(scale=1, add_quiet_zones=True), dtype=np.uint8)
    scale = _CODE // modules.shape[0]
    symbol = Image.fromarray(np.kron(modules, np.ones((scale, scale), np.uint8)))
    label = Image.new("L", (_WIDTH, _HEIGHT), 255)
    label.paste(symbol, (_WIDTH - symbol.width - _MARGIN // 2, _MARGIN))
    pen = ImageDraw.Draw(label)
    room = _WIDTH - symbol.width - 2 * _MARGIN
    y = _MARGIN
    rows = [("device", about.device), ("site", about.site), ("page", about.address), ("code", about.code)]
    rows.append((f"its own radio network, {about.radio}", about.passphrase))
    for row in rows:
        for text, size, below, shade in ((row[0], 24.0, 0, 90), (row[1], 42.0, 26, 0)):
            while pen.textlength(text, font=ImageFont.load_default(size)) > room and size > 14:
                size -= 2
            pen.text((_MARGIN, y + below), text, fill=shade, font=ImageFont.load_default(size))
        y += 92
    pen.text(
        (_MARGIN, _HEIGHT - 92),
        "fingerprint of its key (copy it from the page)",
        fill=90,
        font=ImageFont.load_default(24),
    )
    pen.line((_MARGIN, _HEIGHT - 18, _WIDTH - _MARGIN, _HEIGHT - 18), fill=0, width=2)
    png, pdf = io.BytesIO(), io.BytesIO()
    label.save(png, "PNG", dpi=(_DPI, _DPI), optimize=True)
    label.save(pdf, "PDF", resolution=_DPI, title=about.name)
    return png.getvalue(), pdf.getvalue()
