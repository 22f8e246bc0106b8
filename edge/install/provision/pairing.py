"""The code on the label, with which a phone is paired with the device: on the card there is only its hash."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""None that is taken for another on a label."""
_GROUPS, _GROUP = 3, 4
# The second recommended choice of RFC 9106, section 4: it is computed once, at a desk, and checked once.
_MEMORY_KIB, _PASSES, _LANES = 65536, 3, 4


def new_code() -> str:
    """Twelve letters in groups of four, 58 bits: whoever copies the card does not find it from the hash."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def hashed(code: str) -> str:
    """Argon2id of the letters without the dashes, in the PHC form."""
    argon2 = Argon2id(
        salt=secrets.token_bytes(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    return argon2.derive_phc_encoded(code.replace("-", "").encode())
