"""The events of this device as one record to be verified, read beside the running daemon."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from edge.store.reader import EventReader, UnreadableStoreError
from edge.store.verify import Link

_PAGE = 500
_BEFORE_ALL, _ALL = -(1 << 62), 1 << 62
_ROWS = "SELECT position, epoch, seq, body FROM events WHERE position > ? ORDER BY position LIMIT ?"
_TOMBSTONES = (
    "SELECT first_seq, last_seq, before, hash FROM tombstones WHERE epoch = ? AND last_seq > ? AND first_seq < ?"
    " ORDER BY first_seq"
)


class _Row(NamedTuple):
    position: int
    epoch: int
    seq: int
    body: bytes


def links(reader: EventReader) -> Iterator[Link]:
    """Every event and tombstone, epoch by epoch. Raises NoStoreError, UnreadableStoreError.

    Each page is read in a transaction of its own: the daemon may go on deleting, and its log is not held up.
    """
    after, epoch, reached, more = _BEFORE_ALL, 0, 0, True
    seen: set[int] = set()
    while more:
        found: list[Link] = []
        with _snapshot(reader) as conn:
            names = dict(conn.execute("SELECT number, epoch FROM epochs").fetchall())
            rows = [_Row(*row) for row in conn.execute(_ROWS, (after, _PAGE))]
            for number, group in groupby(rows, key=lambda row: row.epoch):
                if number != epoch and epoch in names:
                    found.extend(_graves(conn, names[epoch], epoch, reached, _ALL))
                if number != epoch:
                    epoch, reached = number, 0
                    seen.add(number)
                chain = list(group)
                found.extend(_merged(conn, names[number], chain, reached))
                reached = max(reached, chain[-1].seq)
            more = len(rows) == _PAGE
            if rows:
                after = rows[-1].position
            if not more:
                if epoch in names:
                    found.extend(_graves(conn, names[epoch], epoch, reached, _ALL))
                for number in sorted(set(names) - seen):
                    found.extend(_graves(conn, names[number], number, 0, _ALL))
        yield from found


@contextlib.contextmanager
def _snapshot(reader: EventReader) -> Iterator[sqlite3.Connection]:
    conn = reader.connection()
    try:
        conn.execute("BEGIN")
        yield conn
    except sqlite3.Error as error:
        raise UnreadableStoreError(
            f"the event database cannot be read: {error}",
            hint="the daemon sets a damaged one aside at its next start, and carries over what can be read",
        ) from error
    finally:
        if conn.in_transaction:
            conn.execute("ROLLBACK")


def _merged(conn: sqlite3.Connection, name: str, rows: Sequence[_Row], reached: int) -> list[Link]:
    """Rows of one epoch, and the tombstones among and before them."""
    events = [Link(name, row.seq, row.body) for row in rows if row.seq > reached]
    return sorted([*events, *_graves(conn, name, rows[0].epoch, reached, rows[-1].seq)], key=lambda link: link.seq)


def _graves(conn: sqlite3.Connection, name: str, epoch: int, after: int, before: int) -> list[Link]:
    """Tombstones in an epoch beyond one number and below another. One that reaches back among events which were read
    before they were buried is cut.
    """
    if conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'tombstones'").fetchone() is None:
        return []  # written by an older version, which deleted nothing
    return [
        Link(name, last, b"", hashed, max(first, after + 1), named if first > after else "")
        for first, last, named, hashed in conn.execute(_TOMBSTONES, (epoch, after, before))
    ]
