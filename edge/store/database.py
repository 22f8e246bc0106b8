"""Opening `events.db`: the settings that durability rests on, asserted by reading them back.

With journal_mode WAL and synchronous FULL no committed event was lost in hundreds of simulated power cuts, while
WAL with NORMAL and the default rollback journal both lost some. There is one connection that writes, and one thread at
a time that uses it: SQLite before 3.51.3 can damage a file when two connections write and checkpoint at once.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from edge.errors import DataError, HardwareError
from edge.store.logcheck import lost_commits
from edge.store.plainfile import check_journal
from edge.store.schema import APPLICATION_ID

BUSY_MS = 2000
_OLDEST = (3, 37, 0)  # STRICT tables
_WAL_LIMIT_BYTES = 8 << 20


class DamagedError(DataError):
    """The file is no event database, or no longer."""


def connect_writer(path: Path) -> sqlite3.Connection:
    """The connection that writes, for one thread at a time.

    Raises DamagedError for a file to be set aside, HardwareError where SQLite cannot promise durability here, and
    sqlite3.Error where the disk does not let it be opened or SQLite finds the file damaged (`is_damage`).
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        raise HardwareError(
            f"SQLite {sqlite3.sqlite_version} is too old", hint="at least 3.37 is needed; update the system"
        )
    unclean = _size(_beside(path, "-wal")) > 0
    if unclean and _size(path) == 0:  # SQLite would delete the log
        raise DamagedError(f"{path} is empty, but has a write-ahead log")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # before SQLite makes it readable to everybody
    check_journal(path)
    conn = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    try:
        _recognise(conn, path, unclean)  # first: another program's file is not to be changed
        apply_pragmas(conn)
    except BaseException as error:
        if isinstance(error, DamagedError) or (isinstance(error, sqlite3.Error) and is_damage(error)):
            _close_as_it_is(conn, path)
        else:
            conn.close()
        raise
    return conn


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite found the file itself broken, rather than the disk full or busy."""
    return primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code (https://sqlite.org/rescode.html); 0 for an error of the Python module."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def set_aside(path: Path, date: str) -> Path:
    """Move the file and what belongs to it to a dated name beside it; nothing is deleted. Returns the new name."""
    target = path.with_name(f"{path.name}.damaged-{date}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{date}-{number}")
    for suffix in ("", "-wal", "-shm"):
        if _beside(path, suffix).exists():
            _beside(path, suffix).rename(_beside(target, suffix))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return target


def apply_pragmas(conn: sqlite3.Connection) -> None:
    """Make a connection durable and its deletions thorough. Raises HardwareError if SQLite does not comply."""
    wanted: tuple[tuple[str, str, object], ...] = (
        ("journal_mode", "WAL", "wal"),
        ("synchronous", "FULL", 2),
        ("secure_delete", "ON", 1),
        ("busy_timeout", str(BUSY_MS), BUSY_MS),
    )
    for name, value, expected in wanted:
        conn.execute(f"PRAGMA {name} = {value}").fetchall()
        (actual,) = conn.execute(f"PRAGMA {name}").fetchone()
        if actual != expected:
            raise HardwareError(
                f"SQLite refuses {name} = {value} here (it stays {actual})",
                hint="the state directory must be on a local file system, such as ext4",
            )
    conn.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}").fetchall()


def _recognise(conn: sqlite3.Connection, path: Path, unclean: bool) -> None:
    (application,) = conn.execute("PRAGMA application_id").fetchone()
    (tables,) = conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != APPLICATION_ID:
        raise DamagedError("the file is a database of another program")
    if unclean:  # after a clean stop the log is gone; a check of everything takes 1 s in a million events
        (verdict,) = conn.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise DamagedError(f"the event database is damaged: {verdict}")
        # A predecessor that was given up and still writes would add commits between index and log.
        conn.execute("BEGIN IMMEDIATE")
        try:
            lost = lost_commits(_beside(path, "-wal"), _beside(path, "-shm"))
        finally:
            conn.execute("ROLLBACK")
        if lost > 1:
            raise DamagedError(f"the write-ahead log is damaged: {lost} commits behind the damage cannot be read")


def _close_as_it_is(conn: sqlite3.Connection, path: Path) -> None:
    """Close the file and leave its log. The last connection to close deletes the log, and with it all trace of the
    commits behind a damage in it, unless it may only read.
    """
    witness = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=0.0, isolation_level=None
    )
    try:
        with contextlib.suppress(sqlite3.Error):  # then the file is no database, and its log is nothing either
            witness.execute("SELECT count(*) FROM sqlite_master").fetchone()
        conn.close()
    finally:
        witness.close()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
