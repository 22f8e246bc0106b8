"""How large `events.db` may grow, and what is kept back for the moment when the disk itself is full.

The quota is a limit of pages, which SQLite enforces: beyond it an insert fails and a deletion still works. On a full
file system a deletion fails too, since it first grows the write-ahead log. Therefore a file of real blocks, the
ballast, lies beside the database: it is given up then, and the database may not grow until there is room again, so
that the log has the ballast's room to itself.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.errors import HardwareError

log = logging.getLogger("edge.store")

MIB = 1 << 20
_LOG_BYTES = 8 * MIB  # the write-ahead log's share, see `journal_size_limit`
_BALLAST_BYTES = 8 * MIB  # twice what the log grows to before it is emptied (1000 pages)
_LEAST_BALLAST = MIB
_WANTED_PAGES = 160  # for 500 events of the usual size, and their places in the outbox
_PIECE = 256 << 10  # of ballast written at a time
_ROOMY = 4  # the ballast is made anew when it would take a quarter of what is free


@dataclass(frozen=True, slots=True)
class Level:
    """How full: bytes in use, and how many more there is room for. `by`: what limits that."""

    used: int
    room: int
    by: str

    @property
    def fraction(self) -> float:
        return self.used / max(self.used + self.room, 1)


def free_bytes(folder: Path) -> int:
    """What the file system has left for an ordinary user."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class Quota:
    """The limit of one database file. For the writer's thread."""

    def __init__(self, path: Path, quota_mb: int, free: Callable[[Path], int] = free_bytes) -> None:
        self._folder = path.parent
        self.ballast = path.with_name("events.ballast")
        self._quota = quota_mb * MIB
        self._free = free
        self.ballast_bytes = min(max(self._quota // 16, _LEAST_BALLAST), _BALLAST_BYTES)
        self._most_pages = 0
        self._page_bytes = 4096
        self.halted = False

    def opened(self, conn: sqlite3.Connection) -> None:
        """Set the limit on a new connection. Raises HardwareError if SQLite does not comply."""
        (self._page_bytes,) = conn.execute("PRAGMA page_size").fetchone()
        others = self.ballast_bytes + min(_LOG_BYTES, self._quota // 4)
        self._most_pages = (self._quota - others) // self._page_bytes
        # With a small quota the log is emptied earlier, so that the ballast is always worth two of it.
        conn.execute(f"PRAGMA wal_autocheckpoint = {self.ballast_bytes // 2 // self._page_bytes}").fetchall()
        self._limit(conn, 1 if self.halted else self._most_pages)

    def level(self, conn: sqlite3.Connection) -> Level:
        """How full the database is, of its quota or of what the disk has left, whichever is less."""
        pages, unused = _pages(conn)
        used = (pages - unused) * self._page_bytes
        quota = max(self._most_pages * self._page_bytes - used, 0)
        disk = unused * self._page_bytes + self._free(self._folder)
        return Level(used, min(quota, disk), "quota" if quota <= disk else "disk")

    def has_room(self, conn: sqlite3.Connection) -> bool:
        """Whether a transaction of the usual size fits into unused pages."""
        _, unused = _pages(conn)
        return unused >= min(_WANTED_PAGES, self._most_pages // 16)

    def is_disk_short(self) -> bool:
        """Whether the file system has less left than the log may need."""
        return self._free(self._folder) < self.ballast_bytes

    def give_way(self, conn: sqlite3.Connection) -> None:
        """The file system is full: give up the ballast, and grow no further. Raises OSError, sqlite3.Error."""
        if self.ballast.exists():
            self.ballast.unlink()
            log.warning("the disk is full: the ballast was given up, the event database grows no further")
        self.halted = True
        self._limit(conn, 1)

    def restore(self, conn: sqlite3.Connection) -> bool:
        """When there is room again, let the database grow and make the ballast anew, a piece with each call.
        Returns whether there is more to do.
        """
        made = self.ballast.stat().st_size if self.ballast.exists() else 0
        missing = self.ballast_bytes - made
        if missing <= 0 and not self.halted:
            return False
        if self._free(self._folder) < _ROOMY * max(missing, 0):
            return False
        if missing > 0:
            return self._grow(made)
        self.halted = False
        self._limit(conn, self._most_pages)
        log.info("there is room on the disk again")
        return False

    def _grow(self, made: int) -> bool:
        size = min(_PIECE, self.ballast_bytes - made)
        handle = os.open(self.ballast, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(handle, made, size)
            # Written as well: some file systems promise blocks that they do not have, or store zeros as nothing.
            os.pwrite(handle, secrets.token_bytes(size), made)
            os.fsync(handle)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self.ballast.unlink()
            return False
        finally:
            os.close(handle)
        return True

    def _limit(self, conn: sqlite3.Connection, pages: int) -> None:
        """SQLite does not go below what the file has already."""
        (actual,) = conn.execute(f"PRAGMA max_page_count = {pages}").fetchone()
        (present,) = conn.execute("PRAGMA page_count").fetchone()
        if actual != max(pages, present):
            raise HardwareError(
                f"SQLite refuses max_page_count = {pages} (it stays {actual})", hint="set [store] quota_mb anew"
            )


def _pages(conn: sqlite3.Connection) -> tuple[int, int]:
    """Pages in the file, and how many of them are unused."""
    (pages,) = conn.execute("PRAGMA page_count").fetchone()
    (unused,) = conn.execute("PRAGMA freelist_count").fetchone()
    return int(pages), int(unused)
