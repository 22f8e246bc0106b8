"""How a new device becomes known to the office without a secret that lasts: a token, a request, and a book of both.

The office signs a token for one device, good for one registration and a few days; it lies on the card. The device
makes its keys, and signs a request that holds the token, its public keys and a request for a certificate (PKCS #10).
Everything in it can be judged without a network: that the token is the office's, in time and not used for another
device, and that whoever asks holds the private keys.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.x509.oid import NameOID

from edge import tokens
from edge.errors import DataError
from edge.store.identity import pem, raw, sealing_key, signing_key
from edge.store.keys import DeviceKey, write_new

TOKEN, REQUEST = "edge-registration", "edge-registration-request"
_MOST_BYTES = 32768


class RefusedError(DataError):
    """A request that does not hold. `reason` is one word of REASONS, which may be told to whoever asked."""

    def __init__(self, reason: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


REASONS = {
    "malformed": "this is no request of a device, or it was altered",
    "foreign": "the token in it is not one of this office, or is for another device",
    "expired": "the token has expired: write the card again",
    "used": "the token was used already by another device: somebody may have copied the card, tell the office",
    "known": "the office has other keys on file for this device: it must forget them first",
    "unknown": "the office has no keys of this device on file: it has to register with a card first",
    "lapsed": "its certificate has ended: the office has to make a new one by hand",
    "revoked": "the office has shut this device out",
}
"""What a refused device is told; the office's own log says more."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A device as the office accepts it: its public keys (PEM), and what its authority is asked to sign."""

    device: str
    number: str
    signing_pem: bytes
    sealing_pem: bytes
    csr_pem: bytes


def make_token(device: str, kid: str, key: Ed25519PrivateKey, now_s: int, life_days: int) -> str:
    """A token for `device` (SITE/DEVICE), signed by the office's key that is known as `kid`."""
    claims = {"jti": secrets.token_hex(16), "sub": device, "iat": now_s, "exp": now_s + life_days * 86400}
    return tokens.sign(claims, TOKEN, kid, key)


def make_request(token: str, device: str, key: DeviceKey, csr_pem: bytes, now_s: int) -> str:
    """The device's request, signed by its own key; `now_s` is information, for its clock may be wrong."""
    own = signing_key(key)
    claims = {
        "token": token,
        "sub": device,
        "iat": now_s,
        "signing": raw(own.public_key()).hex(),
        "sealing": raw(sealing_key(key).public_key()).hex(),
        "csr": csr_pem.decode(),
    }
    return tokens.sign(claims, REQUEST, device, own)


def accept(request: bytes, office: Mapping[str, Ed25519PublicKey], book: Path, now_s: int) -> Registration:
    """Judge a request and enter it in the book, a folder with a file for each token. The same request again is taken
    again. Raises DataError telling what does not hold.
    """
    claims = _opened(request)
    device, token = claims["sub"], claims["token"]
    try:
        _, said = tokens.verify(token.encode(), TOKEN, office)
    except DataError as error:
        raise RefusedError("foreign", f"{device}: the token in its request: {error}") from error
    number, expires = said.get("jti"), said.get("exp")
    if not isinstance(number, str) or not number.isalnum() or not isinstance(expires, int):
        raise RefusedError("foreign", "the token in it says not enough", hint="it was not made by `edge provision`")
    if said.get("sub") != device:
        what = f"the token is for {said.get('sub')}, and {device} asks"
        raise RefusedError("foreign", what, hint="was a card put elsewhere?")
    csr = certificate_request(claims["csr"].encode(), device)
    entry = {"device": device, "request": fingerprint_of(request)}
    place = book / f"{number}.json"
    if now_s >= expires and not place.exists():  # one that came in time may be shown again later
        what = f"{device}: the token has expired"
        raise RefusedError("expired", what, hint="write the card again: `edge provision` signs a new one")
    if not write_new(place, json.dumps(entry).encode()) and place.read_bytes() != json.dumps(entry).encode():
        raise RefusedError(
            "used",
            f"{device}: the token was used already, by another request ({place})",
            hint="if nobody wrote the card again, somebody has copied it: find out who, and accept neither",
        )
    signing = Ed25519PublicKey.from_public_bytes(bytes.fromhex(claims["signing"]))
    sealing = X25519PublicKey.from_public_bytes(bytes.fromhex(claims["sealing"]))
    return Registration(device, number, pem(signing), pem(sealing), csr)


def fingerprint_of(request: bytes) -> str:
    """SHA-256 of the request, in hexadecimal: by it an answer is known."""
    return hashlib.sha256(request.strip()).hexdigest()


def key_fingerprint(signing_pem: bytes) -> str:
    """Of a device's public key, for people to compare: 64 bits in groups of four, as it fits on the label."""
    digest = hashlib.sha256(raw(_signer(signing_pem))).hexdigest()[:16]
    return "-".join(digest[place : place + 4] for place in range(0, 16, 4))


def _signer(text: bytes) -> Ed25519PublicKey:
    key = serialization.load_pem_public_key(text)
    if not isinstance(key, Ed25519PublicKey):
        raise DataError("this is no Ed25519 public key", hint="name DEVICE.signing.pub.pem")
    return key


def _opened(request: bytes) -> dict[str, Any]:
    """The claims of a request whose signature fits the key that it names."""
    import jwt

    hint = "take the file from the device once more"
    text = request.strip()
    if len(text) > _MOST_BYTES:
        raise RefusedError("malformed", "this is no request of a device: too long", hint=hint)
    try:
        said = jwt.decode(text, options={"verify_signature": False})
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said["signing"]))
        device = said["sub"]
        if not all(isinstance(said.get(name), str) for name in ("sub", "token", "sealing", "csr")):
            raise ValueError("a claim is missing")
        if len(bytes.fromhex(said["sealing"])) != 32:
            raise ValueError("no key to seal to")
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RefusedError("malformed", "this is no request of a device", hint=hint) from error
    try:
        return tokens.verify(text, REQUEST, {device: key})[1]
    except DataError as error:
        raise RefusedError("malformed", str(error)) from error


def certificate_request(text: bytes, device: str) -> bytes:
    """The same, once it is certain that it asks for this device, by whoever holds the key."""
    try:
        csr = x509.load_pem_x509_csr(text)
        names = [name.value for name in csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        good = csr.is_signature_valid and names == [device]
    except (ValueError, InvalidSignature) as error:
        raise RefusedError("malformed", "the certificate request in it cannot be read") from error
    if not good:
        raise RefusedError(
            "malformed", f"the certificate request in it is not one of {device}", hint="was the file altered?"
        )
    return csr.public_bytes(serialization.Encoding.PEM)
