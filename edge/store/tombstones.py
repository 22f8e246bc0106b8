"""Events that are gone for good, and what stays in their place so that the chain still verifies.

A run of events that are gone is one row, however long: of those within it nothing could be checked any more, so only
the hashes at its two ends are kept. The newest event is never touched: it carries the head of the chain.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.store.envelope import digest

SALVAGED = "storage.salvaged"
"""The type of the events that name what was lost with a damaged file."""


@dataclass(frozen=True, slots=True)
class Gone:
    """One event that was buried; `epoch` is its number in the file."""

    position: int
    epoch: int
    seq: int
    priority: int
    wall_us: int
    undelivered: bool


@dataclass(slots=True)
class Run:
    """Consecutive events that are gone: what their tombstone says."""

    epoch: int
    first: int
    last: int
    before: str
    hash: str


_CHOSEN = (
    "SELECT e.position, e.epoch, e.seq, e.priority, e.wall_us, e.body, o.position IS NOT NULL, e.type FROM events e"
    " LEFT JOIN outbox o ON o.priority = e.priority AND o.position = e.position WHERE e.position = ?"
)


@contextlib.contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, durable when it ends. Raises sqlite3.Error; then nothing of it has happened."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        conn.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # what is being raised says more
            if conn.in_transaction:
                conn.execute("ROLLBACK")
        raise


def newest_position(conn: sqlite3.Connection) -> int | None:
    """The position of the newest event; None in a file without any."""
    position: int | None = conn.execute("SELECT max(position) FROM events").fetchone()[0]
    return position


def bury(conn: sqlite3.Connection, positions: Sequence[int]) -> list[Gone]:
    """Delete these events and put tombstones in their place, within a transaction; see `remove`."""
    gone, runs = remove(conn, positions)
    mark(conn, runs)
    return gone


def remove(conn: sqlite3.Connection, positions: Sequence[int]) -> tuple[list[Gone], list[Run]]:
    """Delete these events, also from the outbox. `mark` has to put the runs in their place in the same transaction.

    Passed over are a position without an event, the newest event, and what tells of events lost with a damaged file:
    these have no tombstones, and without it they would be found missing.
    """
    newest = newest_position(conn)
    gone: list[Gone] = []
    runs: list[Run] = []
    for position in sorted(positions):
        row = conn.execute(_CHOSEN, (position,)).fetchone()
        if row is None or position == newest or row[-1] == SALVAGED:
            continue
        _, epoch, seq, priority, wall_us, body, undelivered, _ = row
        gone.append(Gone(position, epoch, seq, priority, wall_us, bool(undelivered)))
        hashed = digest(body)
        last = runs[-1] if runs else None
        if last and (last.epoch, last.last) == (epoch, seq - 1):
            last.last, last.hash = seq, hashed
        else:
            runs.append(Run(epoch, seq, seq, _before(body), hashed))
    conn.executemany("DELETE FROM events WHERE position = ?", [(row.position,) for row in gone])
    conn.executemany(
        "DELETE FROM outbox WHERE priority = ? AND position = ?",
        [(row.priority, row.position) for row in gone if row.undelivered],
    )
    return gone, runs


def mark(conn: sqlite3.Connection, runs: Sequence[Run]) -> None:
    """Put tombstones in the place of what `remove` has deleted."""
    for run in runs:
        _enter(conn, run)


def _enter(conn: sqlite3.Connection, run: Run) -> None:
    """Enter a run, joined with its neighbours."""
    for found in conn.execute(
        "SELECT epoch, first_seq, last_seq, before, hash FROM tombstones WHERE epoch = ? AND first_seq <= ?"
        " ORDER BY first_seq DESC LIMIT 2",
        (run.epoch, run.last + 1),
    ).fetchall():
        other = Run(*found)
        if other.last == run.first - 1:
            run.first, run.before = other.first, other.before
        elif other.first == run.last + 1:
            run.last, run.hash = other.last, other.hash
        else:
            continue
        conn.execute("DELETE FROM tombstones WHERE epoch = ? AND first_seq = ?", (other.epoch, other.first))
    conn.execute(
        "INSERT INTO tombstones (epoch, first_seq, last_seq, before, hash) VALUES (?, ?, ?, ?, ?)",
        (run.epoch, run.first, run.last, run.before, run.hash),
    )


def _before(body: bytes) -> str:
    """The hash that an event names as that of the one before; none in a damaged one."""
    try:
        return str(json.loads(body)["prevhash"])
    except (ValueError, KeyError, TypeError):
        return ""
