"""Opening a backup: what it is of, and whether the whole of it is as it was signed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.backup.content import About, ContentReader, Entry
from edge.backup.sealed import Opener, SealedReader
from edge.errors import DataError, EdgeError, HardwareError
from edge.store.identity import raw

TakeFile = Callable[[Entry, Iterator[bytes]], None]


@dataclass(frozen=True, slots=True)
class Read:
    """A backup that was read to its end. `signer`: the public key of the device that made it."""

    about: About
    files: int
    size: int
    signer: Ed25519PublicKey


def read(
    file: Path,
    opener: Opener,
    signer: Ed25519PublicKey | None = None,
    take: TakeFile | None = None,
    begin: Callable[[About], None] = lambda _about: None,
) -> Read:
    """Go through a backup, and give each file to `take`: whatever that makes of them is to be thrown away unless this
    returns. `signer`: whose it has to be, where that is known. `begin` may refuse before the first file.

    Raises DataError for anything that is not a whole backup of that device, HardwareError where it cannot be read.
    """
    with _translated(file), file.open("rb") as source:
        content = ContentReader(SealedReader(source, opener))
        begin(content.about)
        files = size = 0
        for entry in content.files():
            if take is not None:
                take(entry, iter(content.read, b""))
            files, size = files + 1, size + entry.size
    found = content.signer
    assert found is not None  # `files` has come to its end
    if signer is not None and raw(found) != raw(signer):
        raise DataError(
            f"{file} was made by another device than the one whose key was given",
            hint="the public key stands in the device's registration, or in: edge keys show",
        )
    return Read(content.about, files, size, found)


@contextlib.contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except EdgeError:
        raise
    except OSError as error:
        raise HardwareError(
            f"{error.filename or file}: {error.strerror}", hint="check the path and the disk"
        ) from error
