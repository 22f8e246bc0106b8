"""The outer form of a backup: a stream of any length, encrypted and authenticated piece by piece.

    edge backup, 1\n
    2 bytes             length of the header
    JSON                the locks: the file's key, sealed once for each who may open it
    16 bytes            salt
    pieces              64 KiB each of the compressed content and a tag of 16 bytes; the last one is shorter or equal

Every piece has a number and says whether it is the last one (the STREAM construction of Hoang, Reyhanitabar, Rogaway
and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015): pieces that are missing, in
another order, or followed by others do not open. The key is random and of this file alone, so counted nonces never
come twice.
"""

from __future__ import annotations

import base64
import json
import secrets
import zlib
from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from edge.errors import DataError, UsageError
from edge.store.identity import open_sealed, raw, seal_to
from edge.store.keys import KEY_BYTES, seal, unseal

MAGIC = b"edge backup, 1\n"
PIECE = 1 << 16
MIN_PASSPHRASE = 12
_TAG, _SALT = 16, 16
_MOST_HEADER, _MOST_LOCKS = 16384, 8
_LEVEL = 1  # events shrink to a third of their size by it, in a fifth of the time of the best one
# 64 MiB and about half a second here: among the parameters that OWASP's password storage cheat sheet holds equal. They
# belong to the version of the form: none are read from a file, which could ask for any.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 1 << 16, 8, 2
_AGAIN = "copy the file again, or take an older one"


class Sink(Protocol):
    """What takes bytes: a file."""

    def write(self, content: bytes, /) -> int: ...


class Lock(Protocol):
    """Who may open: seals the file's key."""

    def shut(self, key: bytes, salt: bytes) -> dict[str, str]: ...


class Opener(Protocol):
    """The other side of a lock; None where the lock is for somebody else. Raises DataError."""

    def open(self, lock: dict[str, Any], salt: bytes) -> bytes | None: ...


class KeyLock:
    """The holder of a private key, such as the office."""

    def __init__(self, recipient: X25519PublicKey) -> None:
        self._recipient = recipient

    def shut(self, key: bytes, salt: bytes) -> dict[str, str]:
        sealed = seal_to(self._recipient, key, MAGIC + salt)
        return {"kind": "key", "recipient": _text(raw(self._recipient)), "sealed": _text(sealed)}


class KeyOpener:
    """The private key of such a lock."""

    def __init__(self, own: X25519PrivateKey) -> None:
        self._own = own

    def open(self, lock: dict[str, Any], salt: bytes) -> bytes | None:
        if lock.get("kind") != "key" or lock.get("recipient") != _text(raw(self._own.public_key())):
            return None
        return open_sealed(self._own, _bytes(lock.get("sealed")), MAGIC + salt)


class PassphraseLock:
    """Whoever knows the passphrase: a lock, and its opener. Raises UsageError for a short one."""

    def __init__(self, passphrase: str) -> None:
        if len(passphrase) < MIN_PASSPHRASE:
            raise UsageError(f"a passphrase needs {MIN_PASSPHRASE} characters", hint="five random words are a good one")
        self._passphrase = passphrase

    def shut(self, key: bytes, salt: bytes) -> dict[str, str]:
        return {"kind": "passphrase", "sealed": _text(seal(self._cipher(salt), key, MAGIC + salt))}

    def open(self, lock: dict[str, Any], salt: bytes) -> bytes | None:
        if lock.get("kind") != "passphrase":
            return None
        return unseal(self._cipher(salt), _bytes(lock.get("sealed")), MAGIC + salt)

    def _cipher(self, salt: bytes) -> AESGCM:
        kdf = Scrypt(salt=salt, length=KEY_BYTES, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
        return AESGCM(kdf.derive(self._passphrase.encode()))


class SealedWriter:
    """Takes the content; `close` writes the end, without which nothing of it is ever believed. Raises OSError."""

    def __init__(self, out: Sink, locks: Sequence[Lock]) -> None:
        key, salt = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_SALT)
        self._out = out
        self._cipher = _content_cipher(key, salt)
        self._deflate = zlib.compressobj(_LEVEL)
        self._waiting = bytearray()
        self._number = 0
        out.write(_head([lock.shut(key, salt) for lock in locks], salt))

    def write(self, content: bytes) -> None:
        self._waiting += self._deflate.compress(content)
        while len(self._waiting) > PIECE:  # the last one is kept back, since it is written differently
            self._piece(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]

    def close(self) -> None:
        self._waiting += self._deflate.flush()
        while len(self._waiting) > PIECE:
            self._piece(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        self._piece(bytes(self._waiting), last=True)

    def _piece(self, plain: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last=last), plain, MAGIC))
        self._number += 1


class SealedReader:
    """Gives the content back in order. Raises DataError at the first piece that is not what was written; what came
    before it is genuine as far as the key goes, and yet not the whole.
    """

    def __init__(self, source: BinaryIO, opener: Opener) -> None:
        locks, salt = read_head(source)
        self._source = source
        self._cipher = _content_cipher(_unlocked(locks, salt, opener), salt)
        self._inflate = zlib.decompressobj()
        self._ahead = source.read(PIECE + _TAG)
        self._number = 0
        self._ended = False

    def read(self, count: int) -> bytes:
        """Exactly so many bytes. Raises DataError where the content ends before."""
        parts = []
        while count > 0:
            part = self._some(count)
            if not part:
                raise DataError("the backup ends too early", hint=_AGAIN)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def at_end(self) -> bool:
        """Whether nothing is left; the last piece has been seen then."""
        return not self._some(1)

    def _some(self, most: int) -> bytes:
        while True:
            try:
                part = self._inflate.decompress(self._inflate.unconsumed_tail or b"", most)
                if part:
                    return part
                if self._ended:
                    self._whole()
                    return b""
                part = self._inflate.decompress(self._next(), most)
            except zlib.error as error:
                raise DataError("the backup is damaged: its content does not unfold", hint=_AGAIN) from error
            if part:
                return part

    def _whole(self) -> None:
        if not self._inflate.eof or self._inflate.unused_data:
            raise DataError("the backup is damaged: its content does not end as it should", hint=_AGAIN)

    def _next(self) -> bytes:
        piece, self._ahead = self._ahead, self._source.read(PIECE + _TAG)
        last = not self._ahead
        try:
            plain = self._cipher.decrypt(_nonce(self._number, last=last), piece, MAGIC)
        except (InvalidTag, ValueError) as error:
            what = "cut off" if last else f"altered in its piece {self._number + 1}"
            raise DataError(f"the backup is damaged or {what}", hint=_AGAIN) from error
        self._number += 1
        self._ended = last
        return plain


def read_head(source: BinaryIO) -> tuple[list[dict[str, Any]], bytes]:
    """The locks and the salt. Raises DataError for anything that is no backup."""
    if source.read(len(MAGIC)) != MAGIC:
        raise DataError("this is no backup of edge, or one of a newer version", hint="make one with: edge backup make")
    size = int.from_bytes(source.read(2), "big")
    text = source.read(size)
    salt = source.read(_SALT)
    try:
        locks = json.loads(text)["locks"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError("the backup is damaged: its header cannot be read", hint=_AGAIN) from error
    good = isinstance(locks, list) and len(locks) <= _MOST_LOCKS and all(isinstance(lock, dict) for lock in locks)
    if not good or size > _MOST_HEADER or len(salt) != _SALT:
        raise DataError("the backup is damaged: its header cannot be read", hint=_AGAIN)
    return locks, salt


def reseal(source: BinaryIO, out: Sink, opener: Opener, locks: Sequence[Lock]) -> None:
    """The same content for somebody else, without unfolding it: only the locks are new. Raises DataError, OSError."""
    old, salt = read_head(source)
    key = _unlocked(old, salt, opener)
    out.write(_head([lock.shut(key, salt) for lock in locks], salt))
    while block := source.read(1 << 20):
        out.write(block)


def _head(locks: Sequence[dict[str, str]], salt: bytes) -> bytes:
    text = json.dumps({"locks": locks}).encode()
    return MAGIC + len(text).to_bytes(2, "big") + text + salt


def _unlocked(locks: Sequence[dict[str, Any]], salt: bytes, opener: Opener) -> bytes:
    for lock in locks:
        try:
            key = opener.open(lock, salt)
        except DataError as error:
            raise DataError("the passphrase is wrong, or the backup was altered", hint=_AGAIN) from error
        if key is not None:
            return key
    kinds = sorted({str(lock.get("kind"))[:20] for lock in locks})
    raise DataError(
        f"this does not open the backup; what does is of the kind: {', '.join(kinds) or 'none'}",
        hint="give --key with the private key that it was made for, or --passphrase-file",
    )


def _content_cipher(key: bytes, salt: bytes) -> AESGCM:
    hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"edge backup: content")
    return AESGCM(hkdf.derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except ValueError as error:
        raise DataError("does not open") from error
