"""The key of an OSDP reader, from a file that only the service can read."""

from __future__ import annotations

import stat
from pathlib import Path

from edge.errors import DataError, HardwareError

KEY_BYTES = 16
DEFAULT_KEY = bytes(range(0x30, 0x40))
"""SCBK-D, which every OSDP device knows (SIA OSDP 2.2, annex D): whoever has the standard has this key."""
_HINT = "32 hexadecimal digits, as the reader was given: openssl rand -hex 16"


def read_key(path: Path) -> bytes:
    """16 bytes. Raises HardwareError when there is no file, DataError when others may read it, it holds no key, or one
    that everybody knows.
    """
    try:
        status = path.stat()
        with path.open("rb") as file:
            text = file.read(2 * KEY_BYTES + 2)
    except OSError as error:
        raise HardwareError(f"{path}: the reader's key cannot be read: {error.strerror}", hint=_HINT) from error
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
        raise DataError(
            f"{path}: others may read the reader's key, or it is no plain file",
            hint=f"give the reader another key if somebody could have read this; then chmod 600 {path}",
        )
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except ValueError as error:
        raise DataError(f"{path}: no key in it", hint=_HINT) from error
    if len(key) != KEY_BYTES:
        raise DataError(f"{path}: no key in it", hint=_HINT)
    if key == DEFAULT_KEY or len(set(key)) == 1:
        raise DataError(f"{path}: a key that everybody knows protects nothing", hint=_HINT)
    return key
