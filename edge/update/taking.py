"""Taking a bundle that somebody else laid down: a copy that nobody but this process can change any more."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from edge.errors import DataError, HardwareError
from edge.update.bundle import MOST_BYTES

_PIECE = 1 << 20


def take(source: Path, target: Path, folder: int | None = None) -> str:
    """Copy a plain file, no link and no device, to `target`, durably; its SHA-256. `folder`: the handle of the folder
    from which `source` counts. Raises DataError, HardwareError.
    """
    digest = hashlib.sha256()
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with os.fdopen(handle, "rb") as reading:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
                raise DataError(f"{source}: no plain file, or larger than a bundle can be", hint="give the bundle")
            with target.open("wb") as writing:
                left = status.st_size
                while left and (piece := reading.read(min(_PIECE, left))):
                    left -= len(piece)
                    digest.update(piece)
                    writing.write(piece)
                writing.flush()
                os.fsync(writing.fileno())
    except OSError as error:
        raise HardwareError(
            f"{source}: cannot be copied: {error.strerror}", hint="is it there, and is there room?"
        ) from error
    return digest.hexdigest()
