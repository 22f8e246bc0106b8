"""Reading `events.db` beside the writer: what is still to be sent, and the newest time that is known.

Each reader has its own connection, which cannot write. Every query ends before the call returns, so that no open
snapshot keeps the writer from resetting its log.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import quote

from edge.actions import Priority
from edge.errors import DataError
from edge.store.database import BUSY_MS
from edge.store.outbox import OutboxKey, OutboxRow

_WINDOW = (
    "SELECT o.position, e.seq, e.id, e.type, e.body FROM outbox o JOIN events e ON e.position = o.position"
    " WHERE o.priority = ? AND o.position > ? {but} ORDER BY o.position LIMIT ?"
)


class NoStoreError(DataError):
    """There is no event database here yet."""


class UnreadableStoreError(NoStoreError):
    """The event database cannot be read."""


class EventReader:
    """Reads one device's event database, for one thread. Opens it when first asked, and again when the file has
    been replaced. Raises NoStoreError while there is none, UnreadableStoreError where it cannot be read.

    `epoch` is that of the file last read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._conn: sqlite3.Connection | None = None
        self._inode = 0
        self.epoch = ""

    def outbox(self, priority: Priority, after_position: int, limit: int, but: Collection[str] = ()) -> list[OutboxRow]:
        """Unacknowledged events of one priority beyond a position, oldest first, without the types in `but`."""
        marks = f"AND e.type NOT IN ({', '.join('?' * len(but))})" if but else ""
        found = self._rows(_WINDOW.format(but=marks), int(priority), after_position, *but, limit)
        return [
            OutboxRow(OutboxKey(self.epoch, int(priority), position), seq, event_id, kind, body)
            for position, seq, event_id, kind, body in found
        ]

    def backlog(self) -> dict[Priority, int]:
        """Unacknowledged events per priority. Counts every row of the outbox: for a status, not for each event."""
        counts = dict.fromkeys(Priority, 0)
        for priority, count in self._rows("SELECT priority, count(*) FROM outbox GROUP BY priority"):
            counts[Priority(priority)] = count
        return counts

    def newest_wall_us(self) -> int:
        """The newest wall clock time certain to have passed, in microseconds since 1970; 0 if none is known.

        That of the last event under a synchronised clock; without any, that of the last event.
        """
        for condition in ("WHERE clock <> 'unsynced'", ""):
            query = f"SELECT wall_us FROM events {condition} ORDER BY position DESC LIMIT 1"
            for (wall_us,) in self._rows(query):
                return int(wall_us)
        return 0

    def newest_bodies(self, limit: int) -> list[bytes]:
        """The envelopes of the newest events, the newest first."""
        rows = self._rows("SELECT body FROM events ORDER BY position DESC LIMIT ?", limit)
        return [bytes(body) for (body,) in rows]

    def connection(self) -> sqlite3.Connection:
        """The connection, which only reads; for the tools that show the history."""
        try:
            inode = self._path.stat().st_ino
        except OSError as error:
            self.close()
            raise self._absent() from error
        if self._conn is None or inode != self._inode:
            self.close()
            self._conn, self._inode = self._open(), inode
        return self._conn

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _absent(self) -> NoStoreError:
        return NoStoreError(f"no event database at {self._path}", hint="the daemon makes it when it first runs")

    def _open(self) -> sqlite3.Connection:
        uri = f"file:{quote(str(self._path.absolute()))}?mode=ro"
        conn = sqlite3.connect(uri, uri=True, timeout=BUSY_MS / 1000, isolation_level=None)
        try:
            conn.execute("PRAGMA query_only = ON")
            if conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchone() is None:
                raise self._absent()
            (self.epoch,) = conn.execute("SELECT epoch FROM epochs ORDER BY number DESC LIMIT 1").fetchone()
        except BaseException:
            conn.close()
            raise
        return conn

    def _rows(self, query: str, *values: object) -> list[Any]:
        try:
            return self.connection().execute(query, values).fetchall()
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self.close()
            raise UnreadableStoreError(
                f"{self._path} cannot be read: {error}", hint="is it an event database, and may you read it?"
            ) from error
