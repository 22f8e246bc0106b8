"""A database in a folder of somebody else's: opened is what lies there under its name, and nothing behind a link.

For services of root's that may not shut links out as a whole (`edge.runtime.confined`). SQLite follows a link that has
the database's own name, and no other: log, index and journal it opens with O_NOFOLLOW (os_unix.c, since 3.31). The
owner can change names at any moment, so looking before is not enough. What counts is the file that SQLite holds
afterwards, and nothing has been read or written by then.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from urllib.parse import quote

_HANDLES = Path("/proc/self/fd")


def connect(path: Path, mode: str, wait_s: float) -> sqlite3.Connection:
    """`mode`: ro or rw. No transaction begins by itself. For one thread: files that others open at the same moment
    would be taken for SQLite's. Raises sqlite3.Error, also for what is no plain file of the folder's owner or ours.
    """
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    if os.geteuid() != 0 or _owner(path.parent) in (0, None):
        return sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None)
    wanted, before = _plain(path), _open_files()
    conn = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None)
    if any(found != wanted for handle, found in _open_files().items() if before.get(handle) != found):
        conn.close()
        raise _refused(path)
    return conn


def _plain(path: Path) -> tuple[int, int]:
    """Device and inode of the file. Raises sqlite3.Error."""
    try:
        found = path.lstat()
    except OSError as error:
        raise sqlite3.OperationalError(f"unable to open database file: {error.strerror}") from error
    owners = _owner(path.parent), os.geteuid()
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_uid not in owners:
        raise _refused(path)
    return found.st_dev, found.st_ino


def _owner(folder: Path) -> int | None:
    """None where there is no folder, of which SQLite tells."""
    try:
        return folder.stat().st_uid
    except OSError:
        return None


def _open_files() -> dict[int, tuple[int, int]]:
    """Device and inode by handle, of plain files."""
    found = {}
    for handle in _HANDLES.iterdir():
        try:
            status = os.fstat(int(handle.name))
        except OSError:  # that of the listing itself
            continue
        if stat.S_ISREG(status.st_mode):
            found[int(handle.name)] = status.st_dev, status.st_ino
    return found


def _refused(path: Path) -> sqlite3.Error:
    return sqlite3.OperationalError(f"{path.name} is no plain file of the device's own: find out who made it")
