"""The inner form of a backup: what it is of, its files one after the other, and the device's signature over all of it.

Each part begins with 4 bytes of length and a JSON object of that length. Sealing to a public key hides, but anybody can
do it: the signature is what tells a device's backup from a forged one with somebody else's people in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.backup.sealed import SealedReader, SealedWriter
from edge.errors import DataError
from edge.store.identity import raw

PLACES = ("etc", "state")
_ABOUT, _FILE, _END = "about", "file", "end"
_MOST_PART = 1 << 16
_MOST_FILES = 100_000
_MOST_PATH = 512
_BLOCK = 1 << 18
_SIGNED = b"edge backup: signed content\0"
_FORGED = "take another one, and find out who could have changed this one"


@dataclass(frozen=True, slots=True)
class About:
    """`made`: when, with `clock` how well that was known; `epoch` and `seq`: the newest event in it; `size`: about how
    many bytes all files have together.
    """

    device: str
    site: str
    made: str
    clock: str
    version: str
    epoch: str
    seq: int
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: `place` is `etc` or `state`, `path` lies below that."""

    place: str
    path: str
    size: int


class ContentWriter:
    """Writes the parts. Raises OSError, and DataError for a file that changed meanwhile."""

    def __init__(self, sealed: SealedWriter, about: About) -> None:
        self._sealed = sealed
        self._hash = hashlib.sha256()
        self._files = 0
        self._put(_part({"kind": _ABOUT, **asdict(about)}))

    def add(self, entry: Entry, source: BinaryIO) -> None:
        self._put(_part({"kind": _FILE, **asdict(entry)}))
        left = entry.size
        while left:
            block = source.read(min(_BLOCK, left))
            if not block:
                raise DataError(f"{entry.path}: became shorter while it was read", hint="try again")
            self._put(block)
            left -= len(block)
        self._files += 1

    def end(self, key: Ed25519PrivateKey) -> None:
        digest = self._hash.digest()
        told = {"files": self._files, "public": _b64(raw(key.public_key())), "by": _b64(key.sign(_SIGNED + digest))}
        self._sealed.write(_part({"kind": _END, **told}))
        self._sealed.close()

    def _put(self, block: bytes) -> None:
        self._hash.update(block)
        self._sealed.write(block)


class ContentReader:
    """Gives the parts back. Only after `files` has come to its end without an error was everything as it was signed, by
    the device whose public key is `signer` then. Raises DataError.
    """

    def __init__(self, sealed: SealedReader) -> None:
        self._sealed = sealed
        self._hash = hashlib.sha256()
        self._left = 0
        self.signer: Ed25519PublicKey | None = None
        self.about = _about(self._part())

    def files(self) -> Iterator[Entry]:
        """Each file; what `read` has not taken of one is passed over."""
        seen: set[tuple[str, str]] = set()
        while True:
            while self._left:
                self.read()
            digest = self._hash.digest()
            part = self._part()
            if part.get("kind") == _END:
                self._signed(part, digest)
                if part.get("files") != len(seen) or not self._sealed.at_end():
                    raise DataError("the backup is not whole", hint=_FORGED)
                return
            entry = _entry(part)
            if (entry.place, entry.path) in seen or len(seen) >= _MOST_FILES:
                raise DataError(f"the backup has a file twice, or too many: {entry.path}", hint=_FORGED)
            seen.add((entry.place, entry.path))
            self._left = entry.size
            yield entry

    def read(self) -> bytes:
        """The next block of the file; empty at its end."""
        block = self._sealed.read(min(_BLOCK, self._left))
        self._hash.update(block)
        self._left -= len(block)
        return block

    def _part(self) -> dict[str, Any]:
        head = self._sealed.read(4)
        size = int.from_bytes(head, "big")
        if size > _MOST_PART:
            raise DataError("the backup is damaged: a part of it is too long", hint=_FORGED)
        text = self._sealed.read(size)
        self._hash.update(head + text)
        try:
            part = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError("the backup is damaged: a part of it cannot be read", hint=_FORGED) from error
        if not isinstance(part, dict):
            raise DataError("the backup is damaged: a part of it is none", hint=_FORGED)
        return part

    def _signed(self, part: dict[str, Any], digest: bytes) -> None:
        try:
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(str(part.get("public"))))
            public.verify(base64.b64decode(str(part.get("by"))), _SIGNED + digest)
        except (ValueError, InvalidSignature) as error:
            raise DataError("the signature of the backup does not fit", hint=_FORGED) from error
        self.signer = public


def _about(part: dict[str, Any]) -> About:
    kinds = {"str": str, "int": int}
    values: dict[str, Any] = {one.name: part.get(one.name) for one in fields(About)}
    right = all(type(values[one.name]) is kinds[str(one.type)] for one in fields(About))
    if part.get("kind") != _ABOUT or not right or min(values["size"], values["seq"]) < 0:
        raise DataError("the backup does not say what it is of", hint=_FORGED)
    return About(**values)


def _entry(part: dict[str, Any]) -> Entry:
    place, path, size = part.get("place"), part.get("path"), part.get("size")
    if part.get("kind") != _FILE or place not in PLACES or not isinstance(path, str) or type(size) is not int:
        raise DataError("the backup has a part of an unknown kind", hint=_FORGED)
    pure = PurePosixPath(path)
    climbs = pure.is_absolute() or not pure.parts or any(one in ("..", ".") for one in pure.parts)
    if climbs or size < 0 or "\0" in path or len(path) > _MOST_PATH or str(pure) != path:
        raise DataError(f"the backup has a file of a name that is none: {path[:80]!r}", hint=_FORGED)
    return Entry(str(place), path, size)


def _part(fields_: dict[str, Any]) -> bytes:
    text = json.dumps(fields_, ensure_ascii=False).encode()
    return len(text).to_bytes(4, "big") + text


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()
