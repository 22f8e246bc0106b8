"""The code on the label, with which a phone is paired with the device: on the card there is only its hash."""

from __future__ import annotations

import secrets

from edge.store.pin_hash import hash_pin

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""None that is taken for another on a label."""
_GROUPS, _GROUP = 3, 4


def new_code() -> str:
    """Twelve letters in groups of four, 58 bits: whoever copies the card does not find it from the hash."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def hashed(code: str) -> str:
    """Of the letters without the dashes; `edge.store.pin_hash.matches` compares."""
    return hash_pin(code.replace("-", ""))
