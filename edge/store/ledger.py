"""The open database file as the writer sees it: one transaction at a time, and the head of the chain."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.database import connect_writer
from edge.store.envelope import Accepted, Origin, accept
from edge.store.head import Known
from edge.store.outbox import OutboxKey
from edge.store.rows import ARRIVE, Rows
from edge.store.schema import migrate
from edge.store.uuid7 import Uuid7

log = logging.getLogger("edge.store")

_LAST_WAIT_MS = 200


class Stored(NamedTuple):
    """What a transaction has made durable: `first_seq` to `last_seq`, both included; empty when first > last."""

    epoch: str
    first_seq: int
    last_seq: int


class Ledger:
    """Appends events to the chain and strikes delivered ones off the outbox. For one thread at a time.

    Raises sqlite3.Error; the transaction has then not happened, and the same call may be made again.
    """

    def __init__(self, path: Path, origin: Origin, new_id: Uuid7 | None = None) -> None:
        """Open or create the file; raises as `connect_writer` and `migrate` do."""
        self._new_id = new_id or Uuid7()
        self._path, self._name = path, str(path)
        self._conn = connect_writer(path)
        self._cursor = self._conn.cursor()  # for the way of every event: a new one for each statement takes longer
        try:
            migrate(self._conn)
            self._rows = Rows(self._conn, origin)
            self._known = Known(self._rows.number, self._rows.epoch, self._conn)
        except BaseException:
            self._conn.close()
            raise
        self.epoch = self._rows.epoch
        self.last_seq = self._known.head.seq
        self._inode = path.stat().st_ino

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection that writes, for what maintains the file between transactions, on the same thread."""
        return self._conn

    @property
    def waiting(self) -> dict[Priority, int]:
        """How many events of each priority stand in the outbox. From any thread; nothing is read from the file."""
        return dict(zip(Priority, self._known.waiting, strict=True))

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
        if len(events) == 1 and not delivered and within is None and self._known.certain:
            try:
                return self._append_one(events[0])
            except sqlite3.IntegrityError:
                log.info("somebody else has written to %s", self._path)
        return self._transact(events, delivered, within)

    def _append_one(self, event: Accepted) -> Stored:
        """As `_transact`, for an event that is to be stored by itself, after a transaction that is in no doubt."""
        known = self._known
        if known.is_touched(self._conn):
            return self._transact((event,), (), None)
        # Made beforehand: after the disk was waited for, the processor has forgotten everything, and is slow.
        row, head = self._rows.next(event, known.head)
        stored = Stored(self.epoch, head.seq, head.seq)
        try:
            self._cursor.execute(ARRIVE, row)
        except BaseException:
            known.doubt()
            raise
        known.waiting[event.report.priority] += 1
        known.stored(head, self._conn)
        self.last_seq = head.seq
        return stored

    def _transact(
        self,
        events: Sequence[Accepted],
        delivered: Sequence[OutboxKey],
        within: Callable[[sqlite3.Connection], None] | None,
    ) -> Stored:
        known, conn, execute, done = self._known, self._conn, self._cursor.execute, 0
        try:
            execute("BEGIN IMMEDIATE")
            if within is not None:
                within(conn)
            if known.is_touched(conn) or known.is_overtaken(self._cursor):
                known.read(conn)  # somebody else wrote, or an attempt of ours ended in doubt
            if not known.certain:
                # A commit that reported an error may have reached the disk all the same.
                done = 1 + next((i for i, event in enumerate(events) if event.id == known.head.id), -1)
            old = known.head
            new = events[done:] if done else events
            head = self._rows.append(self._cursor, old, new) if new else old
            struck = self._rows.strike(conn, delivered) if delivered else {}
            execute("COMMIT")
        except BaseException:
            known.doubt()
            self._roll_back()
            raise
        known.stored(head, self._conn)
        for event in new:
            known.waiting[event.report.priority] += 1
        for priority, count in struck.items():
            known.waiting[priority] -= count
        self.last_seq = head.seq
        return Stored(self.epoch, old.seq + 1 - done, head.seq)

    def record(
        self, reports: Iterable[tuple[Report, Now]], within: Callable[[sqlite3.Connection], None] | None = None
    ) -> Stored:
        """As `write`, for events that the maintenance of the file itself gives rise to."""
        return self.write([accept(report, now, self._new_id(now.wall_us))[0] for report, now in reports], (), within)

    def look(self) -> None:
        """Notice what somebody else has written meanwhile, which the transaction of a single event does not ask for."""
        if self._known.is_overtaken(self._cursor):
            self._cursor.execute("BEGIN")
            try:
                self._known.read(self._conn)
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

    def _roll_back(self) -> None:
        # SQLite ends the transaction itself after some errors; what is being raised says more than this would.
        with contextlib.suppress(sqlite3.Error):
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
