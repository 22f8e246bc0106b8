"""What a card is called: one text for what a reader said of it, the same on the roster and in every driver.

The kind comes first, since the same digits of two kinds of card are two cards:

| text | what it is |
|---|---|
| `uid:04A1B2C3D4E5F6` | the UID of an ISO 14443A card, 4, 7 or 10 bytes |
| `em:0400A1B2C3` | the 40 bits of a 125 kHz card of the EM4100 kind |
| `w26:17-12345`, `w34:…` | facility code and number of 26 or 34 Wiegand bits |
| `w37:1A2B3C4D80` | any other number of bits, as they came, filled up with zeros |
| `id:0012345678` | what a reader prints in a line, digits or hexadecimal |
"""

from __future__ import annotations

import re

from edge.errors import DataError

MOST_BITS = 128
_FORMS = (
    re.compile(r"uid:(?:[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})"),
    re.compile(r"em:[0-9A-F]{10}"),
    re.compile(r"w(?:26|34):[0-9]{1,5}-[0-9]{1,5}"),
    re.compile(r"w(?!26:|34:)[0-9]{2,3}:[0-9A-F]{6,32}"),
    re.compile(r"id:[0-9A-F]{4,20}"),
)
_FACILITY_BITS = {26: 8, 34: 16}
_FEWEST_BITS = 24
_HINT = "as the reader tells it: edge people card add --reader, or like w26:17-12345, uid:04A1B2C3, em:0400A1B2C3"
# ISO/IEC 14443-3, 6.5.4: a single-size UID that begins with 08 is drawn at random, by a phone for instance.
_RANDOM_UID = re.compile(r"uid:08[0-9A-F]{6}")


def read_card(text: object) -> str:
    """A card's name as it is kept. Raises DataError for what can be none, and for one that is another each time."""
    name = _upper(text) if isinstance(text, str) else ""
    if not any(form.fullmatch(name) for form in _FORMS):
        raise DataError("that is no card", hint=_HINT)
    if _RANDOM_UID.fullmatch(name):
        raise DataError(
            f"{name} is drawn at random each time the card or phone is shown", hint="give this person another card"
        )
    return name


def of_uid(uid: bytes) -> str:
    """The name of an ISO 14443A card."""
    return f"uid:{uid.hex().upper()}"


def of_bits(bits: str) -> str | None:
    """The name of a card whose reader sent these Wiegand bits, "0" and "1"; None when they can be none.

    26 bits (H10301): even parity over the first half, 8 bits facility code, 16 bits number, odd parity over the second
    half. 34 bits: the same with 16 and 16. Other lengths have no parity that everybody agrees on, and are taken whole.
    """
    if len(bits) in _FACILITY_BITS:
        half = len(bits) // 2
        if bits[:half].count("1") % 2 != 0 or bits[half:].count("1") % 2 != 1:
            return None
        split = 1 + _FACILITY_BITS[len(bits)]
        return f"w{len(bits)}:{int(bits[1:split], 2)}-{int(bits[split:-1], 2)}"
    if not _FEWEST_BITS <= len(bits) <= MOST_BITS:
        return None
    filled = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return f"w{len(bits)}:{int(filled, 2):0{len(filled) // 4}X}"


def _upper(text: str) -> str:
    kind, colon, rest = text.strip().partition(":")
    return kind.lower() + colon + rest.upper()
