"""Nonces for a device that does not know the time: a command that carries a fresh one cannot be an old one.

A nonce tells when it was made, under a MAC with a key of this run of the daemon. So nothing is kept for those that are
never used, and nobody can push out another's by asking for many.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

LIFETIME_S = 60.0
NONCE_CHARACTERS = 43
_STAMP, _RANDOM, _MAC = 8, 8, 16


class Challenges:
    """Makes nonces, knows its own, and remembers the used ones as long as they would be fresh. For one thread."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: dict[bytes, float] = {}  # by content: one content can be written in several ways

    def issue(self, now_s: float) -> str:
        """A nonce that is good for LIFETIME_S. `now_s`: monotonic, as everywhere here."""
        head = struct.pack(">d", now_s) + secrets.token_bytes(_RANDOM)
        return base64.urlsafe_b64encode(head + self._mac(head)).decode().rstrip("=")

    def flaw(self, nonce: str, now_s: float) -> str:
        """Why this nonce is not good: `nonce_unknown`, `nonce_used` or `nonce_expired`; empty when it is."""
        head, mac = _parts(nonce)
        if not hmac.compare_digest(mac, self._mac(head)):
            return "nonce_unknown"
        if head in self._used:
            return "nonce_used"
        (made_s,) = struct.unpack(">d", head[:_STAMP])
        return "" if 0.0 <= now_s - made_s < LIFETIME_S else "nonce_expired"

    def use(self, nonce: str, now_s: float) -> None:
        """Good no more. Only the signed commands that were accepted come here, so few are ever remembered."""
        self._used = {one: at for one, at in self._used.items() if now_s - at < LIFETIME_S}
        self._used[_parts(nonce)[0]] = now_s

    def _mac(self, head: bytes) -> bytes:
        return hmac.new(self._key, head, hashlib.sha256).digest()[:_MAC]


def _parts(nonce: str) -> tuple[bytes, bytes]:
    """What is stamped and its MAC; empty when this cannot be a nonce."""
    try:
        raw = base64.urlsafe_b64decode(nonce + "=") if len(nonce) == NONCE_CHARACTERS else b""
    except (binascii.Error, ValueError):
        raw = b""
    return raw[: _STAMP + _RANDOM], raw[_STAMP + _RANDOM :]
