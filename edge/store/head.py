"""What the writer knows of the file without reading it: the head of the chain, and how much waits in the outbox."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from edge.actions import Priority
from edge.store.envelope import digest, genesis

_NEWEST = "SELECT position, epoch, seq, id, type, body FROM events ORDER BY position DESC LIMIT 1"


class Head(NamedTuple):
    """The newest event: its place in the file and in the epoch, its id, and its hash, which the next one bears."""

    position: int
    seq: int
    id: str
    hash: str


class Known:
    """`waiting`: how many events of each priority stand in the outbox, to be read on any thread. `certain`: nothing is
    in the file that an attempt in doubt may have left there.
    """

    def __init__(self, number: int, epoch: str, conn: sqlite3.Connection) -> None:
        self._number = number
        self._epoch = epoch
        self.certain = False
        self.read(conn)

    def read(self, conn: sqlite3.Connection) -> None:
        """From the file, all of it. Raises sqlite3.Error."""
        counts = [0] * len(Priority)
        for priority, count in conn.execute("SELECT priority, count(*) FROM outbox GROUP BY priority").fetchall():
            counts[priority] = count
        self.waiting = counts
        self._changes = conn.total_changes
        self._version = _data_version(conn)
        self.head = self._read_head(conn)

    def stored(self, head: Head, conn: sqlite3.Connection) -> None:
        """What was written last ends there, without a doubt."""
        self.certain, self._changes = True, conn.total_changes
        self.head = head

    def doubt(self) -> None:
        """An attempt to write has failed, and may have reached the disk all the same."""
        self.certain, self._changes = False, -1

    def is_touched(self, conn: sqlite3.Connection) -> bool:
        """Whether this connection, the writer's own, has written anything else since, or is in doubt."""
        return conn.total_changes != self._changes

    def is_overtaken(self, cursor: sqlite3.Cursor) -> bool:
        """Whether another connection has committed since. Raises sqlite3.Error."""
        return _data_version(cursor) != self._version

    def _read_head(self, conn: sqlite3.Connection) -> Head:
        row = conn.execute(_NEWEST).fetchone()
        if row is None:
            return Head(0, 0, "", genesis(self._epoch))
        position, number, seq, event_id, kind, body = row
        if number != self._number:
            return Head(position, 0, event_id, genesis(self._epoch))
        return Head(position, seq, event_id, digest(body) if kind else body.hex())  # erased: its hash stands there


def _data_version(of: sqlite3.Connection | sqlite3.Cursor) -> int:
    """Changes when another connection has committed (https://sqlite.org/pragma.html#pragma_data_version)."""
    (version,) = of.execute("PRAGMA data_version").fetchone()
    return int(version)
