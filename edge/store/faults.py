"""A disk that refuses: what it is called, what a person can do, when to try again, and saying each thing once."""

from __future__ import annotations

import logging
import sqlite3

from edge.errors import HardwareError
from edge.runtime.faults import OnFault, OnRecovered
from edge.store.database import primary_code

log = logging.getLogger("edge.store")

COMPONENT = "store"
_FIRST_RETRY_S, _LONGEST_RETRY_S = 0.5, 10.0
_LOCKED = ("database locked", "close the other program that writes to it")
_ADVICE = {
    sqlite3.SQLITE_FULL: ("disk full", "make room in the state directory"),
    sqlite3.SQLITE_IOERR: ("disk error", "the SD card or disk may be failing: replace it"),
    sqlite3.SQLITE_CANTOPEN: (
        "database cannot be opened",
        "check the state directory, its owner and the room on its disk",
    ),
    sqlite3.SQLITE_READONLY: (
        "disk read-only",
        "the file system was probably remounted read-only after an error: check the SD card or disk",
    ),
    sqlite3.SQLITE_PERM: ("database not permitted", "check the owner of the state directory"),
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_NOMEM: ("out of memory", "restart the device"),
}


class NotStoredError(HardwareError):
    """An event is not durable; it may still become so."""


def is_full(error: sqlite3.Error) -> bool:
    """Whether room, on the disk or below the quota, is what is missing."""
    return primary_code(error) == sqlite3.SQLITE_FULL


def is_shortage(error: sqlite3.Error | OSError) -> bool:
    """Whether the open database is as good as before, and only this transaction did not happen."""
    return isinstance(error, sqlite3.Error) and primary_code(error) in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
    )


def explain(error: sqlite3.Error | OSError) -> tuple[str, str] | None:
    """(what, detail) for a failure that time or a person can end; None for a mistake of the program."""
    if isinstance(error, OSError):
        return "state directory unusable", f"{error.strerror or error}; check that it exists, and its owner"
    advice = _ADVICE.get(primary_code(error))
    return (advice[0], f"{error}; {advice[1]}") if advice else None


class DiskState:
    """Whether the disk takes what it is given. Reports and logs transitions only, and spaces the attempts."""

    def __init__(self, on_fault: OnFault, on_recovered: OnRecovered) -> None:
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._retry_at = float("-inf")
        self._retry_s = _FIRST_RETRY_S
        self._losing = False
        self.fault = ""

    def wait_s(self, now: float) -> float:
        """Seconds until the next attempt is due; 0 or less when it is."""
        return self._retry_at - now

    def failed(self, error: sqlite3.Error | OSError, now: float) -> None:
        """An attempt failed. Raises `error` itself if it is not the disk's doing."""
        explained = explain(error)
        if explained is None:
            raise error
        what, detail = explained
        self._retry_at = now + self._retry_s
        self._retry_s = min(2 * self._retry_s, _LONGEST_RETRY_S)
        if what != self.fault:
            self.report(what, f"events wait in memory; {detail}")

    def losing(self) -> None:
        """Events are being dropped because memory is full, too."""
        if not self._losing:
            self._losing = True
            log.error("memory is full, too: events are being lost; an event will say how many")
            self._on_fault(COMPONENT, "events lost", "more happened than memory holds; an event will say how many")

    def works(self) -> None:
        """An attempt succeeded."""
        self._retry_at, self._retry_s = float("-inf"), _FIRST_RETRY_S
        if self.fault:
            self.fault, self._losing = "", False
            log.info("the event database works again")
            self._on_recovered(COMPONENT)

    def report(self, what: str, detail: str) -> None:
        """Log a fault and pass it on; the next success ends it."""
        self.fault = what
        log.error("%s: %s", what, detail)
        self._on_fault(COMPONENT, what, detail)
