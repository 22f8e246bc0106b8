"""Small files of the page in the state directory: whole or not at all, also after a power cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edge.errors import DataError
from edge.store.statefile import make_folder, put

_MOST_BYTES = 65536


def write(path: Path, content: bytes, state_dir: Path | None = None) -> None:
    """Replace the file, readable for the daemon's user alone, whoever writes. `state_dir`: where the file lies;
    without it the file is one of the page's own folder there. Raises HardwareError, and then the old one is there.
    """
    state_dir = path.parent.parent if state_dir is None else state_dir
    make_folder(state_dir)  # a code for the label, and the page itself, may come before the daemon ever ran
    put(state_dir, path, content)


def write_json(path: Path, body: object, state_dir: Path | None = None) -> None:
    """The same for JSON values."""
    write(path, json.dumps(body).encode(), state_dir)


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
