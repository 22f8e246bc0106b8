"""A backup for somebody else to open: the office's own key need not travel to the device that is restored."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from edge.backup.sealed import Lock, Opener, reseal
from edge.errors import DataError, HardwareError
from edge.store.keys import sync_folder


def reseal_file(file: Path, target: Path, opener: Opener, locks: Sequence[Lock]) -> None:
    """Raises DataError where `target` is there already or `file` does not open, HardwareError; then none was made."""
    if target.exists():
        raise DataError(f"{target} is there already", hint="give another name")
    temporary = target.with_name(f".{target.name}.partial")
    try:
        with file.open("rb") as source, os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            out.truncate()
            reseal(source, out, opener, locks)
            out.flush()
            os.fsync(out.fileno())
        temporary.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        if isinstance(error, HardwareError):
            raise
        raise HardwareError(f"{error.filename or target}: {error.strerror}", hint="check the disk") from error
    finally:
        temporary.unlink(missing_ok=True)
