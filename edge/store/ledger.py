"""The open database file as the writer sees it: one transaction at a time, and the head of the chain."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.database import connect_writer
from edge.store.envelope import Accepted, Envelopes, Origin, accept, digest, genesis
from edge.store.outbox import OutboxKey
from edge.store.schema import migrate
from edge.store.uuid7 import Uuid7

log = logging.getLogger("edge.store")


class Stored(NamedTuple):
    """What a transaction has made durable: `first_seq` to `last_seq`, both included; empty when first > last."""

    epoch: str
    first_seq: int
    last_seq: int


class _Head(NamedTuple):
    position: int
    seq: int
    id: str
    hash: str


_Row = tuple[int, int, int, str, str, int, int, int, str, int, str, bytes]  # of `events`

_LAST_WAIT_MS = 200
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
_ARRIVE = _INSERT.replace("INTO events", "INTO arrivals")
_DELIVERED = "DELETE FROM outbox WHERE priority = ? AND position = ?"
_NEWEST = "SELECT position, epoch, seq, id, type, body FROM events ORDER BY position DESC LIMIT 1"


class Ledger:
    """Appends events to the chain and strikes delivered ones off the outbox. For one thread at a time.

    Raises sqlite3.Error; the transaction has then not happened, and the same call may be made again.
    """

    def __init__(self, path: Path, origin: Origin, new_id: Uuid7 | None = None) -> None:
        """Open or create the file; raises as `connect_writer` and `migrate` do."""
        self._new_id = new_id or Uuid7()
        self._waiting: list[int] = []  # in the outbox, by priority
        self._changes = self._version = 0  # as they were when that was counted
        self._head = _Head(0, 0, "", "")
        self._certain = False  # whether nothing is in the file that an attempt in doubt may have left there
        self._path, self._name = path, str(path)
        self._conn = connect_writer(path)
        self._cursor = self._conn.cursor()  # for the way of every event: a new one for each statement takes longer
        try:
            migrate(self._conn)
            self._number, self.epoch = self._conn.execute(
                "SELECT number, epoch FROM epochs ORDER BY number DESC LIMIT 1"
            ).fetchone()
            self._boot = self._boot_number(origin.bootid)
            self._look()
            self.last_seq = self._head.seq
            for statement in _ARRIVALS:
                self._conn.execute(statement).fetchall()
        except BaseException:
            self._conn.close()
            raise
        self._envelopes = Envelopes(origin, self.epoch)
        self._inode = path.stat().st_ino

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection that writes, for what maintains the file between transactions, on the same thread."""
        return self._conn

    @property
    def waiting(self) -> dict[Priority, int]:
        """How many events of each priority stand in the outbox. From any thread; nothing is read from the file."""
        return dict(zip(Priority, self._waiting, strict=True))

    def write(
        self,
        events: Sequence[Accepted],
        delivered: Sequence[OutboxKey] = (),
        within: Callable[[sqlite3.Connection], None] | None = None,
    ) -> Stored:
        """Store `events` in their order and delete `delivered` from the outbox, in one transaction.

        `within` is called before anything is stored, for changes that must be durable together with their record.
        Whether the head in memory is still that of the file is asked inside the transaction: a writer that hung, was
        replaced, and woke up again still continues the chain where it ends. For a single event, the usual case, its
        place answers that: it is taken if somebody else has stored one.
        """
        if len(events) == 1 and not delivered and within is None and self._certain:
            try:
                return self._append_one(events[0])
            except sqlite3.IntegrityError:
                log.info("somebody else has written to %s", self._path)
        return self._transact(events, delivered, within)

    def _append_one(self, event: Accepted) -> Stored:
        """As `_transact`, for an event that is to be stored by itself, after a transaction that is in no doubt."""
        conn = self._conn
        if conn.total_changes != self._changes:
            return self._transact((event,), (), None)
        position, seq, _, prevhash = self._head
        position, seq = position + 1, seq + 1
        row = self._row(event, position, seq, prevhash)
        # Made beforehand: after the disk was waited for, the processor has forgotten everything, and is slow.
        head, stored = _Head(position, seq, event.id, digest(row[-1])), Stored(self.epoch, seq, seq)
        try:
            self._cursor.execute(_ARRIVE, row)
        except BaseException:
            self._certain, self._changes = False, -1
            raise
        self._changes = conn.total_changes
        self._waiting[row[9]] += 1
        self._head, self.last_seq = head, seq
        return stored

    def _transact(
        self,
        events: Sequence[Accepted],
        delivered: Sequence[OutboxKey],
        within: Callable[[sqlite3.Connection], None] | None,
    ) -> Stored:
        conn, execute, done = self._conn, self._cursor.execute, 0
        try:
            execute("BEGIN IMMEDIATE")
            if within is not None:
                within(conn)
            if conn.total_changes != self._changes or self._data_version() != self._version:
                self._look()  # somebody else wrote, or an attempt of ours ended in doubt
            if not self._certain:
                # A commit that reported an error may have reached the disk all the same.
                done = 1 + next((i for i, event in enumerate(events) if event.id == self._head.id), -1)
            old = self._head
            new = events[done:] if done else events
            head = self._append(old, new) if new else old
            struck = self._strike(delivered) if delivered else {}
            execute("COMMIT")
        except BaseException:
            self._certain, self._changes = False, -1
            self._roll_back()
            raise
        self._certain, self._changes = True, conn.total_changes
        for event in new:
            self._waiting[event.report.priority] += 1
        for priority, count in struck.items():
            self._waiting[priority] -= count
        self._head, self.last_seq = head, head.seq
        return Stored(self.epoch, old.seq + 1 - done, head.seq)

    def record(
        self, reports: Iterable[tuple[Report, Now]], within: Callable[[sqlite3.Connection], None] | None = None
    ) -> Stored:
        """As `write`, for events that the maintenance of the file itself gives rise to."""
        return self.write([accept(report, now, self._new_id(now.wall_us))[0] for report, now in reports], (), within)

    def look(self) -> None:
        """Notice what somebody else has written meanwhile, which the transaction of a single event does not ask for."""
        if self._data_version() != self._version:
            self._cursor.execute("BEGIN")
            try:
                self._look()
            finally:
                self._cursor.execute("ROLLBACK")

    def is_in_place(self) -> bool:
        """Whether the path still names this file; a commit to a file that was removed would be lost."""
        try:
            return os.stat(self._name).st_ino == self._inode  # noqa: PTH116 - Path.stat takes a third longer
        except FileNotFoundError:
            return False

    def checkpoint(self) -> None:
        """Empty the write-ahead log into the file, so that the next start need not check all of it. A reader in
        the middle of a query may prevent it; then the log stays, and nothing is lost.
        """
        self._conn.execute(f"PRAGMA busy_timeout = {_LAST_WAIT_MS}").fetchall()
        self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file as it is."""
        self._conn.close()

    def _append(self, head: _Head, events: Sequence[Accepted]) -> _Head:
        rows = []
        pending = []
        position, seq, _, prevhash = head
        for event in events:
            position, seq = position + 1, seq + 1
            row = self._row(event, position, seq, prevhash)
            prevhash = digest(row[-1])
            rows.append(row)
            pending.append((int(event.report.priority), position))
        self._cursor.executemany(_INSERT, rows)
        self._cursor.executemany(_PENDING, pending)
        return _Head(position, seq, events[-1].id, prevhash)

    def _row(self, event: Accepted, position: int, seq: int, prevhash: str) -> _Row:
        report, now, event_id, _, _ = event
        return (
            position,
            self._number,
            seq,
            event_id,
            report.type,
            event.wall_us,
            event.mono_us,
            self._boot,
            now.quality,
            int(report.priority),
            report.subject,
            self._envelopes.encode(event, seq, prevhash),
        )

    def _strike(self, delivered: Sequence[OutboxKey]) -> dict[int, int]:
        """Delete these rows; how many of each priority there were."""
        rows = defaultdict[int, list[tuple[int, int]]](list)
        for key in delivered:
            if key.epoch == self.epoch:
                rows[key.priority].append((key.priority, key.position))
        struck = {}
        for priority, keys in rows.items():
            before = self._conn.total_changes
            self._conn.executemany(_DELIVERED, keys)
            struck[priority] = self._conn.total_changes - before
        return struck

    def _look(self) -> None:
        """Read from the file what is otherwise kept in memory: the head, and how much waits in the outbox."""
        counts = [0] * len(Priority)
        for priority, count in self._conn.execute("SELECT priority, count(*) FROM outbox GROUP BY priority").fetchall():
            counts[priority] = count
        self._waiting = counts
        self._changes = self._conn.total_changes
        self._version = self._data_version()
        self._head = self._read_head()

    def _data_version(self) -> int:
        """Changes when another connection has committed (https://sqlite.org/pragma.html#pragma_data_version)."""
        (version,) = self._cursor.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _boot_number(self, bootid: str) -> int:
        known = self._conn.execute("SELECT number FROM boots WHERE bootid = ?", (bootid,)).fetchone()
        if known is None:
            made = self._conn.execute("INSERT INTO boots (bootid) VALUES (?)", (bootid,))
            return int(made.lastrowid or 0)
        return int(known[0])

    def _read_head(self) -> _Head:
        row = self._conn.execute(_NEWEST).fetchone()
        if row is None:
            return _Head(0, 0, "", genesis(self.epoch))
        position, number, seq, event_id, kind, body = row
        if number != self._number:
            return _Head(position, 0, event_id, genesis(self.epoch))
        return _Head(position, seq, event_id, digest(body) if kind else body.hex())  # erased: its hash stands there

    def _roll_back(self) -> None:
        # SQLite ends the transaction itself after some errors; what is being raised says more than this would.
        with contextlib.suppress(sqlite3.Error):
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
