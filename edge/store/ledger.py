"""The open database file as the writer sees it: one transaction at a time, and the head of the chain."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.store.database import connect_writer
from edge.store.envelope import Accepted, Origin, Place, digest, encode, genesis
from edge.store.outbox import OutboxKey
from edge.store.schema import migrate


@dataclass(frozen=True, slots=True)
class Stored:
    """What a transaction has made durable: `first_seq` to `last_seq`, both included; empty when first > last."""

    epoch: str
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class _Head:
    position: int
    seq: int
    id: str
    hash: str


_LAST_WAIT_MS = 200
_INSERT = (
    "INSERT INTO events (position, epoch, seq, id, type, wall_us, mono_us, boot, clock, priority, subject, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PENDING = "INSERT INTO outbox (priority, position) VALUES (?, ?)"
_DELIVERED = "DELETE FROM outbox WHERE priority = ? AND position = ?"


class Ledger:
    """Appends events to the chain and strikes delivered ones off the outbox. For the thread that made it.

    Raises sqlite3.Error; the transaction has then not happened, and the same call may be made again.
    """

    def __init__(self, path: Path, origin: Origin) -> None:
        """Open or create the file; raises as `connect_writer` and `migrate` do."""
        self._path = path
        self._origin = origin
        self._conn = connect_writer(path)
        try:
            migrate(self._conn)
            self._number, self.epoch = self._conn.execute(
                "SELECT number, epoch FROM epochs ORDER BY number DESC LIMIT 1"
            ).fetchone()
            self._boot = self._boot_number()
            self.last_seq = self._read_head().seq
        except BaseException:
            self._conn.close()
            raise
        self._inode = path.stat().st_ino

    def write(self, events: Sequence[Accepted], delivered: Iterable[OutboxKey]) -> Stored:
        """Store `events` in their order and delete `delivered` from the outbox, in one transaction.

        The head is read inside the transaction: a writer that hung, was replaced, and woke up again still continues
        the chain where it ends.
        """
        try:
            self._conn.execute("BEGIN IMMEDIATE")
            old = self._read_head()
            # A commit that reported an error may have reached the disk all the same.
            done = 1 + next((i for i, event in enumerate(events) if event.id == old.id), -1)
            head = self._append(old, events[done:])
            self._conn.executemany(
                _DELIVERED, [(key.priority, key.position) for key in delivered if key.epoch == self.epoch]
            )
            self._conn.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        self.last_seq = head.seq
        return Stored(self.epoch, old.seq + 1 - done, head.seq)

    def is_in_place(self) -> bool:
        """Whether the path still names this file; a commit to a file that was removed would be lost."""
        try:
            return self._path.stat().st_ino == self._inode
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
        rows: list[tuple[object, ...]] = []
        pending: list[tuple[int, int]] = []
        for event in events:
            position, seq = head.position + 1, head.seq + 1
            report, now = event.report, event.now
            body = encode(event, self._origin, Place(self.epoch, seq, head.hash))
            pending.append((int(report.priority), position))
            rows.append(
                (
                    position,
                    self._number,
                    seq,
                    event.id,
                    report.type,
                    event.wall_us,
                    int(now.mono_s * 1e6),
                    self._boot,
                    now.quality,
                    int(report.priority),
                    report.subject,
                    body,
                )
            )
            head = _Head(position, seq, event.id, digest(body))
        self._conn.executemany(_INSERT, rows)
        self._conn.executemany(_PENDING, pending)
        return head

    def _boot_number(self) -> int:
        known = self._conn.execute("SELECT number FROM boots WHERE bootid = ?", (self._origin.bootid,)).fetchone()
        if known is None:
            made = self._conn.execute("INSERT INTO boots (bootid) VALUES (?)", (self._origin.bootid,))
            return int(made.lastrowid or 0)
        return int(known[0])

    def _read_head(self) -> _Head:
        row = self._conn.execute(
            "SELECT position, epoch, seq, id, body FROM events ORDER BY position DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return _Head(0, 0, "", genesis(self.epoch))
        position, number, seq, event_id, body = row
        if number != self._number:
            return _Head(position, 0, event_id, genesis(self.epoch))
        return _Head(position, seq, event_id, digest(body))

    def _roll_back(self) -> None:
        # SQLite ends the transaction itself after some errors; what is being raised says more than this would.
        with contextlib.suppress(sqlite3.Error):
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
