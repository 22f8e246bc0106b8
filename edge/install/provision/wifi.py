"""The key of a wireless network. It opens the network like the passphrase, but nothing else for which the same
passphrase was chosen, and none of the three systems of the card has to quote it.
"""

from __future__ import annotations

import hashlib

_ROUNDS, _BYTES = 4096, 32


def psk(ssid: str, password: str) -> str:
    """The 64 hexadecimal digits that a passphrase makes (PBKDF2-HMAC-SHA1; IEEE 802.11-2020, annex J.4)."""
    return hashlib.pbkdf2_hmac("sha1", password.encode(), ssid.encode(), _ROUNDS, _BYTES).hex()
