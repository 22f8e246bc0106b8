"""Small files of the page in the state directory: whole or not at all, also after a power cut."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from edge.errors import DataError, HardwareError
from edge.store.keys import sync_folder

_MOST_BYTES = 65536


def write(path: Path, content: bytes) -> None:
    """Replace the file, readable for its owner alone. Raises HardwareError, and then the old one is there."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            if os.geteuid() == 0:  # the service has to read what an administrator's command made
                owner = path.parent.parent.stat()
                os.fchown(handle, owner.st_uid, owner.st_gid)
                os.chown(path.parent, owner.st_uid, owner.st_gid)
            file.write(content)
            file.flush()
            os.fsync(handle)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be written: {error.strerror}", hint="check the disk") from error


def write_json(path: Path, body: object) -> None:
    """The same for JSON values."""
    write(path, json.dumps(body).encode())


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in the file, None where there is no file. Raises DataError when it is none of ours."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", hint="check the disk") from error
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: damaged: {error}", hint="remove it") from error
    if not isinstance(body, dict) or len(data) > _MOST_BYTES:
        raise DataError(f"{path}: damaged", hint="remove it")
    return body
