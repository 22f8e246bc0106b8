"""A certificate made anew before it ends, without a card and without anybody who goes there.

The device signs its request with its own key, which the office has on file since the registration; so it needs no
token. It asks for the key that it has. Somebody who repeats a request that he overheard gets a certificate that
everybody may see, for a key that only the device holds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge import tokens
from edge.errors import DataError
from edge.install.registration import RefusedError, certificate_request
from edge.store.identity import signing_key
from edge.store.keys import DeviceKey

KIND = "edge-renewal-request"
_DUE, _SOON = timedelta(days=90), timedelta(days=60)
_MOST_BYTES = 32768


def due(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether it is to be made anew: in its last 90 days, or the last third of a short life."""
    return certificate.not_valid_after_utc - now <= min(_DUE, _life(certificate) / 3)


def soon(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether somebody has to hear of it: in its last 60 days, or the last fifth of a short life."""
    return certificate.not_valid_after_utc - now <= min(_SOON, _life(certificate) / 5)


def _life(certificate: x509.Certificate) -> timedelta:
    return certificate.not_valid_after_utc - certificate.not_valid_before_utc


def make_renewal(device: str, key: DeviceKey, csr_pem: bytes, now_s: int) -> str:
    """The device's request; `now_s` is information, for its clock may be wrong."""
    return tokens.sign({"sub": device, "iat": now_s, "csr": csr_pem.decode()}, KIND, device, signing_key(key))


def is_renewal(request: bytes) -> bool:
    """Whether it wants to be one; whether it holds is for `accept_renewal`."""
    import jwt

    try:
        return bool(jwt.get_unverified_header(request.strip()[:_MOST_BYTES]).get("typ") == KIND)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return False


def accept_renewal(request: bytes, device: str, key: Ed25519PublicKey) -> bytes:
    """The certificate request (PEM) in it, once it is certain that `key`'s holder asks for this device. Raises
    RefusedError.
    """
    try:
        claims: dict[str, Any] = tokens.verify(request.strip(), KIND, {device: key}, _MOST_BYTES)[1]
    except DataError as error:
        raise RefusedError("malformed", f"{device}: its request for a new certificate: {error}") from error
    if claims.get("sub") != device or not isinstance(claims.get("csr"), str):
        raise RefusedError("malformed", f"{device}: its request for a new certificate says not enough")
    return certificate_request(claims["csr"].encode(), device)
