"""Reading a bundle: one tar file that holds a signature and a second tar file, which the signature is about.

    tar xf edge-0.2.0-cp311-aarch64.bundle && minisign -Vm content.tar -p edge.pub

Until the signature has been verified only two headers of 512 bytes are looked at, and no archive is opened. What the
inner archive holds is compared with its manifest then, although it was signed: whoever made it may have erred.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.errors import HardwareError
from edge.update import manifest as manifests
from edge.update import minisign
from edge.update.manifest import BadBundleError, Manifest, read_manifest

CONTENT, SIGNATURE, MANIFEST = "content.tar", "content.tar.minisig", "manifest.json"
WHEELS = "wheels"
MOST_BYTES = manifests.MOST_TOTAL_BYTES + (4 << 20)
MOST_UNPACKED_BYTES = 4 << 30
_BLOCK = tarfile.BLOCKSIZE
_PIECE = 1 << 20
_DAMAGED = "copy it again; it is refused as it is"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature holds. The inner archive is the `size` bytes from `start` of the file."""

    path: Path
    manifest: Manifest
    start: int
    size: int
    sha256: str


def verify(path: Path, key: Ed25519PublicKey) -> Bundle:
    """Raises BadSignatureError, BadBundleError, HardwareError where the file cannot be read."""
    walk = verifying(path, key)
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return cast(Bundle, end.value)


def verifying(path: Path, key: Ed25519PublicKey) -> Generator[None, None, Bundle]:
    """The same in pieces of a megabyte, for a thread that has to show that it is alive; the generator returns it."""
    try:
        with _opened(path) as file:
            signature, start, size = _outer(file)
            whole, signed = hashlib.sha256(), hashlib.blake2b()
            file.seek(0)
            whole.update(file.read(start))
            left = size
            while left:
                piece = file.read(min(_PIECE, left))
                if not piece:
                    raise BadBundleError("the file ends too early", hint=_DAMAGED)
                whole.update(piece)
                signed.update(piece)
                left -= len(piece)
                yield
            while piece := file.read(_PIECE):
                whole.update(piece)
            minisign.verify(signature, signed.digest(), key)
            manifest = _inner_manifest(file, start)
    except OSError as error:
        raise _unreadable(path, error) from error
    return Bundle(path, manifest, start, size, whole.hexdigest())


def unpack(bundle: Bundle, folder: Path) -> None:
    """Write the wheels into the folder `wheels` below `folder`, which is made. Each is compared with the manifest.

    Raises BadBundleError, HardwareError where there is no room.
    """
    target = folder / WHEELS
    wanted = dict(bundle.manifest.files)
    try:
        target.mkdir(parents=True)
        with _opened(bundle.path) as file:
            for member, data in _members(file, bundle):
                if member.name == MANIFEST:
                    continue
                expected = wanted.pop(member.name, None)
                if expected is None:
                    raise BadBundleError(f"{member.name[:80]!r} is there twice or not in the manifest", hint=_DAMAGED)
                if member.size != expected.size:
                    raise BadBundleError(f"{member.name}: another length than in the manifest", hint=_DAMAGED)
                if _copy(data, folder / member.name) != expected.sha256:
                    raise BadBundleError(f"{member.name}: another SHA-256 than in the manifest", hint=_DAMAGED)
    except tarfile.TarError as error:
        raise BadBundleError(f"the archive is damaged: {error}", hint=_DAMAGED) from error
    except OSError as error:
        if isinstance(error, HardwareError):
            raise
        raise HardwareError(f"{target}: {error.strerror}", hint="is the disk full?") from error
    if wanted:
        raise BadBundleError(f"{min(wanted)} is missing", hint=_DAMAGED)


def unpacked_bytes(folder: Path) -> int:
    """How much room the unpacked wheels below `folder` take when installed. Raises BadBundleError, also for a wheel
    that would write outside its place, or more than a version can need.
    """
    total = 0
    for wheel in sorted((folder / WHEELS).iterdir()):
        try:
            with zipfile.ZipFile(wheel) as archive:
                for one in archive.infolist():
                    if one.filename.startswith("/") or ".." in one.filename.split("/"):
                        raise BadBundleError(f"{wheel.name}: a file outside its place", hint="it is refused as it is")
                    total += one.file_size
        except (zipfile.BadZipFile, OSError) as error:
            raise BadBundleError(f"{wheel.name}: is no wheel: {error}", hint="make the bundle anew") from error
    if total > MOST_UNPACKED_BYTES:
        raise BadBundleError("unpacked it would be larger than 4 GiB", hint="it is refused as it is")
    return total


def _opened(path: Path) -> IO[bytes]:
    """The plain file of that name: no link, no device, and not larger than a bundle can be."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
        os.close(handle)
        raise BadBundleError(f"{path}: no plain file, or larger than a bundle can be", hint="give the bundle's file")
    return os.fdopen(handle, "rb")


def _outer(file: IO[bytes]) -> tuple[bytes, int, int]:
    """The signature, and where the signed archive begins and how long it is."""
    length = os.fstat(file.fileno()).st_size
    size = _header(file, SIGNATURE, minisign.MOST_BYTES)
    signature = file.read(size)
    start = _BLOCK + -(-size // _BLOCK) * _BLOCK
    file.seek(start)
    inner = _header(file, CONTENT, MOST_BYTES)
    start += _BLOCK
    if start + inner > length:
        raise BadBundleError("the file ends too early", hint=_DAMAGED)
    return signature, start, inner


def _header(file: IO[bytes], name: str, most: int) -> int:
    """The length of the member whose header stands here. Nothing else is read: a header of another kind could have
    the archive module fetch names and numbers from anywhere.
    """
    try:
        member = tarfile.TarInfo.frombuf(file.read(_BLOCK), "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise BadBundleError("this is no bundle", hint="give the file that scripts/make-bundle has made") from error
    if member.type != tarfile.REGTYPE or member.name != name or not 0 < member.size <= most:
        raise BadBundleError(f"this is no bundle: {name} is not where it should be", hint=_DAMAGED)
    return member.size


def _inner_manifest(file: IO[bytes], start: int) -> Manifest:
    file.seek(start)
    size = _header(file, MANIFEST, manifests.MOST_BYTES)
    return read_manifest(file.read(size))


def _members(file: IO[bytes], bundle: Bundle) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """What the signed archive holds, one after the other, and never more than a bundle can hold."""
    file.seek(bundle.start)
    count = 0
    with tarfile.open(fileobj=_Part(file, bundle.size), mode="r|") as archive:  # type: ignore[call-overload]
        for member in archive:
            count += 1
            if member.type != tarfile.REGTYPE or count > manifests.MOST_FILES + 1:
                raise BadBundleError(f"{member.name[:80]!r} is no plain file, or too many", hint=_DAMAGED)
            data = archive.extractfile(member)
            assert data is not None  # it is a plain file
            yield member, data


class _Part:
    """A file that ends where the archive in it does."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


def _copy(source: IO[bytes], target: Path) -> str:
    """The SHA-256 of what was copied."""
    digest = hashlib.sha256()
    with target.open("xb") as file:
        while piece := source.read(_PIECE):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _unreadable(path: Path, error: OSError) -> Exception:
    if isinstance(error, HardwareError):
        return error
    return HardwareError(f"{path}: cannot be read: {error.strerror}", hint="give the bundle's file")
