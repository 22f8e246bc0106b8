"""Signatures that `minisign -V` verifies, too, so that anybody can check a bundle without this program.

The format is that of https://jedisct1.github.io/minisign/ ("Signature format", "Public key format"): four lines, of
which the second is base64 of `ED`, eight bytes that name the key, and the Ed25519 signature (RFC 8032) of the content's
BLAKE2b-512 (RFC 7693); the fourth signs that signature together with the trusted comment.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.errors import ConfigError, DataError
from edge.store.identity import raw, read_signer

MOST_BYTES = 4096
_UNTRUSTED, _TRUSTED = "untrusted comment: ", "trusted comment: "
_ALGORITHM, _KEY_ALGORITHM = b"ED", b"Ed"
_ID, _KEY, _SIGNATURE = 8, 32, 64


class BadSignatureError(DataError):
    """Not signed by the key that this device trusts, or altered since."""


def key_id(key: Ed25519PublicKey) -> bytes:
    """Eight bytes that name a key: the first of its SHA-256. minisign itself draws them by lot."""
    return hashlib.sha256(raw(key)).digest()[:_ID]


def public_text(key: Ed25519PublicKey) -> str:
    """The public key as minisign's `-p` takes it."""
    return f"{_UNTRUSTED}minisign public key of edge\n{_base64(_KEY_ALGORITHM + key_id(key) + raw(key))}\n"


def read_public_key(path: Path) -> Ed25519PublicKey:
    """The Ed25519 public key in a file, as minisign or as PEM. Raises ConfigError naming the file."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the public key cannot be read: {error}", hint="see [update] key_file") from error
    if not text.startswith(_UNTRUSTED):
        return read_signer(path)
    lines = text.splitlines()
    blob = _bytes(lines[1]) if len(lines) > 1 else b""
    if len(blob) != len(_KEY_ALGORITHM) + _ID + _KEY or not blob.startswith(_KEY_ALGORITHM):
        raise ConfigError(f"{path}: no public key of minisign", hint="scripts/make-bundle --public writes one")
    return Ed25519PublicKey.from_public_bytes(blob[-_KEY:])


def sign(digest: bytes, key: Ed25519PrivateKey, comment: str) -> str:
    """The signature file of the content with this BLAKE2b-512; `comment` is signed with it."""
    signature = key.sign(digest)
    blob = _ALGORITHM + key_id(key.public_key()) + signature
    whole = key.sign(signature + comment.encode())
    return f"{_UNTRUSTED}edge update\n{_base64(blob)}\n{_TRUSTED}{comment}\n{_base64(whole)}\n"


def verify(text: bytes, digest: bytes, key: Ed25519PublicKey) -> str:
    """The trusted comment. `digest`: the BLAKE2b-512 of the content that the signature file `text` is about.

    The name of the key in the file is not looked at: only whether `key` has signed. Raises BadSignatureError.
    """
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError:
        lines = []
    if len(text) > MOST_BYTES or len(lines) != 5 or lines[4] or not lines[2].startswith(_TRUSTED):
        raise BadSignatureError("no signature of minisign", hint="the bundle is damaged, or none of ours")
    blob, whole, comment = _bytes(lines[1]), _bytes(lines[3]), lines[2].removeprefix(_TRUSTED)
    if len(blob) != len(_ALGORITHM) + _ID + _SIGNATURE or not blob.startswith(_ALGORITHM):
        raise BadSignatureError("a signature of another kind", hint="sign it with scripts/make-bundle or minisign -H")
    signature = blob[-_SIGNATURE:]
    try:
        key.verify(signature, digest)
        key.verify(whole, signature + comment.encode())
    except InvalidSignature as error:
        hint = "it was altered, or is signed by another key than the one this device trusts; nothing was unpacked"
        raise BadSignatureError("the signature does not fit", hint=hint) from error
    return comment


def _base64(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def _bytes(line: str) -> bytes:
    """What the line says in base64; nothing where it is none."""
    try:
        return base64.b64decode(line.encode(), validate=True)
    except (binascii.Error, ValueError):
        return b""
