"""How events stand in the file: a row in `events` for each, and one in `outbox` until it is delivered."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from edge.store.envelope import Accepted, Envelopes, Origin, digest
from edge.store.head import Head
from edge.store.outbox import OutboxKey

Row = tuple[int, int, int, str, str, int, int, int, str, int, str, bytes]  # of `events`

_INSERT = (
    "INSERT INTO events (position, epoch, seq, id, type, wall_us, mono_us, boot, clock, priority, subject, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PENDING = "INSERT INTO outbox (priority, position) VALUES (?, ?)"
# One event, the usual case, is one statement and so a transaction of its own, in place of four statements. This
# belongs to the connection and is not in the file.
_ARRIVALS = (
    "PRAGMA temp_store = MEMORY",
    "CREATE TEMP VIEW arrivals AS SELECT * FROM main.events",
    "CREATE TEMP TRIGGER arrival INSTEAD OF INSERT ON arrivals BEGIN"
    " INSERT INTO events (position, epoch, seq, id, type, wall_us, mono_us, boot, clock, priority, subject, body)"
    " VALUES (new.position, new.epoch, new.seq, new.id, new.type, new.wall_us, new.mono_us, new.boot, new.clock,"
    " new.priority, new.subject, new.body);"
    " INSERT INTO outbox (priority, position) VALUES (new.priority, new.position); END",
)
ARRIVE = _INSERT.replace("INTO events", "INTO arrivals")
"""Stores a row and puts it into the outbox; outside a transaction, it is one."""
_DELIVERED = "DELETE FROM outbox WHERE priority = ? AND position = ?"


class Rows:
    """Those of the newest epoch in the file, and of one boot. Raises sqlite3.Error."""

    def __init__(self, conn: sqlite3.Connection, origin: Origin) -> None:
        self.number, self.epoch = conn.execute(
            "SELECT number, epoch FROM epochs ORDER BY number DESC LIMIT 1"
        ).fetchone()
        self._boot = _boot_number(conn, origin.bootid)
        self._envelopes = Envelopes(origin, self.epoch)
        for statement in _ARRIVALS:
            conn.execute(statement).fetchall()

    def next(self, event: Accepted, head: Head) -> tuple[Row, Head]:
        """The row of the event that follows on `head`, and the head that it makes."""
        position, seq = head.position + 1, head.seq + 1
        report, now, event_id, _, _ = event
        body = self._envelopes.encode(event, seq, head.hash)
        row = (
            position,
            self.number,
            seq,
            event_id,
            report.type,
            event.wall_us,
            event.mono_us,
            self._boot,
            now.quality,
            int(report.priority),
            report.subject,
            body,
        )
        return row, Head(position, seq, event_id, digest(body))

    def append(self, cursor: sqlite3.Cursor, head: Head, events: Sequence[Accepted]) -> Head:
        """Store them and put them into the outbox, within a transaction."""
        rows = []
        pending = []
        for event in events:
            row, head = self.next(event, head)
            rows.append(row)
            pending.append((int(event.report.priority), head.position))
        cursor.executemany(_INSERT, rows)
        cursor.executemany(_PENDING, pending)
        return head

    def strike(self, conn: sqlite3.Connection, delivered: Sequence[OutboxKey]) -> dict[int, int]:
        """Delete these of the outbox, within a transaction; how many of each priority there were."""
        rows = defaultdict[int, list[tuple[int, int]]](list)
        for key in delivered:
            if key.epoch == self.epoch:
                rows[key.priority].append((key.priority, key.position))
        struck = {}
        for priority, keys in rows.items():
            before = conn.total_changes
            conn.executemany(_DELIVERED, keys)
            struck[priority] = conn.total_changes - before
        return struck


def _boot_number(conn: sqlite3.Connection, bootid: str) -> int:
    known = conn.execute("SELECT number FROM boots WHERE bootid = ?", (bootid,)).fetchone()
    if known is None:
        made = conn.execute("INSERT INTO boots (bootid) VALUES (?)", (bootid,))
        return int(made.lastrowid or 0)
    return int(known[0])
