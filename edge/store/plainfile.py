"""A database in a folder of somebody else's: opened is what lies there under its name, and nothing behind a link.

For services of root's that may not shut links out as a whole (`edge.runtime.confined`). SQLite follows a link that has
the database's own name, and no other: log, index and journal it opens with O_NOFOLLOW (os_unix.c, since 3.31). The
owner can change names at any moment, so looking before is not enough. What counts is the file that SQLite holds
afterwards, and nothing has been read or written by then.

A journal that lies beside it is another way out of the folder: it can name a file that SQLite removes when it has
rolled the journal back (the super-journal of a transaction over several files, which edge never has).
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from urllib.parse import quote

_HANDLES = Path("/proc/self/fd")
_JOURNAL_SUFFIX = "-journal"
_NAMES_ANOTHER = bytes.fromhex("d9d505f920a163d7")
"""At a journal's end: the name of a super-journal stands before it (pager.c, readSuperJournal)."""


def connect(path: Path, mode: str, wait_s: float) -> sqlite3.Connection:
    """`mode`: ro or rw. No transaction begins by itself. For one thread: files that others open at the same moment
    would be taken for SQLite's. Raises sqlite3.Error, also for what is no plain file of the folder's owner or ours.
    """
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    if not _is_foreign(path.parent):
        return sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None)
    wanted, before = _plain(path), _open_files()
    check_journal(path)
    conn = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None)
    if any(found != wanted for handle, found in _open_files().items() if before.get(handle) != found):
        conn.close()
        raise _refused(path)
    return conn


def check_journal(path: Path) -> None:
    """Raises sqlite3.Error where a journal beside the database would have root remove another file. Call it before
    SQLite reads. Whoever owns the folder can still be faster; only who is not root opens such a file without any risk.
    """
    if not _is_foreign(path.parent):
        return
    journal = path.with_name(path.name + _JOURNAL_SUFFIX)
    try:
        handle = os.open(journal, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # none, or a link, which SQLite does not follow either
        return
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise _refused(journal)
        file.seek(max(0, status.st_size - len(_NAMES_ANOTHER)))
        if file.read() == _NAMES_ANOTHER:
            raise sqlite3.OperationalError(f"{journal.name} names another file to be removed: find out who made it")


def _is_foreign(folder: Path) -> bool:
    """Whether this is root in a folder of somebody else's."""
    return os.geteuid() == 0 and _owner(folder) not in (0, None)


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
