"""The roster's file: how it is made, opened and brought up to date, and what its errors mean.

A file of its own, apart from the events: the command line writes it while the daemon reads it. Several processes
that write rule out WAL (SQLite before 3.51.3 can corrupt a WAL file then), so it has a rollback journal, which is
kept (PERSIST) rather than deleted. A commit is then the zeroing of the journal's header, synchronised, with no
directory entry to lose at a power cut (DELETE with FULL loses the last transaction); and the old pages in it, on
which other people's keys stand, stay in a file that erasure can overwrite instead of in free blocks of the disk.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from edge.errors import DataError, EdgeError, HardwareError
from edge.store.forward import foreign
from edge.store.keys import write_new
from edge.store.plainfile import check_journal
from edge.store.roster_migrations import KNOWN, MIGRATIONS, apply

ROSTER_NAME = "roster.db"
JOURNAL_SUFFIX = "-journal"
READER_WAIT_S = 1.0
"""A gate that has to wait keeps the gallery that it has."""
WRITER_WAIT_S = 10.0
"""An erasure holds the file while it is rewritten."""
NO_ROSTER = "enrol somebody first, or give the right --state"
_RESTORE = "restore it from a backup, or move it away and import an export; it is left as it is"
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT)


class RosterBusyError(HardwareError):
    """Another process is writing the roster; what was read before still stands, so ask again later."""


def create_roster(path: Path, device_key: str) -> None:
    """Make an empty roster for the device key of that identity, unless there is a file already."""
    memory = sqlite3.connect(":memory:")
    try:
        apply(memory)
        values = {"device_key": device_key, "revision": secrets.token_hex(8), "scrub": "0"}
        memory.executemany("INSERT INTO meta(name, value) VALUES (?, ?)", values.items())
        memory.commit()
        write_new(path, memory.serialize())
    finally:
        memory.close()


def open_roster(path: Path, device_key: str, *, read_only: bool) -> sqlite3.Connection:
    """Open and check. Raises DataError for a damaged or foreign file (which is left as it is), HardwareError
    when it cannot be opened, RosterBusyError when another process holds it.
    """
    with translated(path):
        wait_s = READER_WAIT_S if read_only else WRITER_WAIT_S
        # Workers are started, stepped and stopped by different threads, one after the other.
        file = f"file:{quote(str(path))}?mode=rw"
        check_journal(path)
        # No transaction begins by itself: whoever wants one says so.
        db = sqlite3.connect(file, uri=True, timeout=wait_s, check_same_thread=False, isolation_level=None)
    db.text_factory = lambda raw: raw.decode(errors="replace")  # a damaged id is that row's fault alone
    try:
        with translated(path):
            _prepare(db, path, device_key, read_only=read_only)
    except BaseException:
        db.close()
        raise
    return db


def scrub(db: sqlite3.Connection, path: Path) -> None:
    """Leave nothing of deleted rows: rewrite the file without them, then overwrite the journal's old pages.

    secure_delete alone does not do: when SQLite moves rows between pages it may leave copies in their gaps (found
    after 2 of 267 erasures in a random history, after none with VACUUM). Ends by taking back the note `scrub`.
    """
    db.execute("VACUUM")
    db.execute("BEGIN EXCLUSIVE")  # nobody has a transaction now, so the journal is cold
    try:
        journal = path.with_name(path.name + JOURNAL_SUFFIX)
        with journal.open("r+b") as file:
            left = journal.stat().st_size
            while left > 0:
                left -= file.write(bytes(min(left, 1 << 20)))
            file.flush()
            os.fsync(file.fileno())
    finally:
        db.rollback()
    db.execute("UPDATE meta SET value = '0' WHERE name = 'scrub'")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Say in the user's words what SQLite or the system reports about the roster."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no roster", hint=NO_ROSTER) from error
    except OSError as error:
        if isinstance(error, EdgeError):
            raise
        raise HardwareError(f"{path}: {error.strerror}", hint="check the disk and the owner of the folder") from error
    except UnicodeDecodeError as error:  # from sqlite3, when its message quotes a damaged schema
        raise DataError(f"{path}: the roster is damaged", hint=_RESTORE) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary of an extended result code
        if code in _BUSY:
            raise RosterBusyError(f"{path}: another program is writing it", hint="try again in a moment") from error
        if isinstance(error, sqlite3.OperationalError) and code not in (*_DAMAGED, sqlite3.SQLITE_ERROR):
            raise HardwareError(f"{path}: {error}", hint="check the disk, its free space, the file's owner") from error
        raise DataError(f"{path}: the roster is damaged or is no roster: {error}", hint=_RESTORE) from error


def _prepare(db: sqlite3.Connection, path: Path, device_key: str, *, read_only: bool) -> None:
    # A schema from a damaged or planted file must not run functions; pages are checked as they are read.
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "foreign_keys=ON", "temp_store=MEMORY"):
        db.execute(f"PRAGMA {pragma}")
    for pragma in ("synchronous=EXTRA", "secure_delete=ON"):
        db.execute(f"PRAGMA {pragma}")
    if db.execute("PRAGMA journal_mode=PERSIST").fetchone()[0] != "persist":
        raise RosterBusyError(f"{path}: another program uses the roster in another mode", hint="close it")
    # Asked directly: the library's own way expects a sound schema.
    rows = db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", [MIGRATIONS])
    applied = {name for (name,) in rows.fetchall()}
    if not applied:
        raise DataError(f"{path}: a database, but no roster", hint=_RESTORE)
    if foreign(applied, KNOWN):
        raise DataError(f"{path}: written by a newer version of edge", hint="update this device")
    if not applied >= KNOWN:
        db.execute("BEGIN IMMEDIATE")  # another process may be doing the same
        apply(db)
        db.commit()
    owner = db.execute("SELECT value FROM meta WHERE name = 'device_key'").fetchone()
    if owner is None or owner[0] != device_key:
        raise DataError(
            f"{path}: this roster belongs to another device key (its {owner and owner[0]}, ours {device_key})",
            hint="bring back the device.key it was made with, or import an export made on that device",
        )
    if read_only:
        db.execute("PRAGMA query_only=ON")
