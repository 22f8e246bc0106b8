"""A person's erasure reaches the history: a request beside the database, which the one writer carries out.

The request is a file named after the person; it stays until every event about them has been delivered and buried and
the write-ahead log is empty, and then goes as well. The events leave tombstones, so the chain still verifies.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.keys import sync_folder, write_new
from edge.store.ledger import Ledger
from edge.store.tombstones import bury, newest_position, transaction

log = logging.getLogger("edge.store")

FOLDER = "erasures"
_PREFIX = "person-"
PIECE = 200
_WAITING = 10_000  # positions remembered; beyond that the rest of the history is looked through later
_LOOK_AGAIN_S = 30.0
_STILL_HAPPENS_S = 60.0  # so long somebody erased may still be recognised, or an event of theirs be on its way here
_BEFORE_ALL = -(1 << 62)
# A picture names its person in `subject` only, and is not read for it.
_ROWS = (
    "SELECT e.position, o.position IS NULL, e.subject = :person OR (e.priority <> 4 AND instr(e.body, :quoted) > 0)"
    " FROM events e LEFT JOIN outbox o ON o.priority = e.priority AND o.position = e.position"
    " WHERE e.position > :after ORDER BY e.position LIMIT :limit"
)
_IS_WAITING = (
    "SELECT o.position IS NOT NULL FROM events e LEFT JOIN outbox o"
    " ON o.priority = e.priority AND o.position = e.position WHERE e.position = ?"
)


def request(state: Path, person: str) -> None:
    """Ask for the person's events to be erased; durable when it returns. Raises HardwareError, OSError."""
    folder = state / FOLDER
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:  # the daemon, which is not root, has to remove what lies in it
            owner = state.stat()
            os.chown(folder, owner.st_uid, owner.st_gid)
        sync_folder(state)
    write_new(folder / _file_name(person), b"")


class Erasure:
    """Carries the requests out, one after the other. For the writer's thread."""

    def __init__(self, state: Path) -> None:
        self._folder = state / FOLDER
        self._person: str | None = None
        self._look_at = self._quiet_at = float("-inf")
        self._after = _BEFORE_ALL  # looked through up to here
        self._waiting: list[int] = []  # about the person, and not delivered
        self._resting = self._through = False
        self.needs_a_newer_event = False

    def is_due(self, mono_s: float) -> bool:
        """Whether there is something to look for. Raises OSError."""
        if self._person is None and mono_s >= self._look_at:
            self._look_at = mono_s + _LOOK_AGAIN_S
            if (found := next(iter(self._requests()), None)) is not None:
                self._begin(unquote(found.name.removeprefix(_PREFIX)), mono_s)
        return self._person is not None and (not self._resting or mono_s >= self._look_at)

    def piece(self, conn: sqlite3.Connection, mono_s: float) -> int:
        """Bury what may be of the next rows, and now and then of those that waited. Returns how many. Raises
        sqlite3.Error, and the piece may then be had again.
        """
        assert self._person is not None
        newest = newest_position(conn)
        if self._resting:
            rows = [(position, not _is_waiting(conn, position), True) for position in self._waiting[:PIECE]]
        else:
            quoted = f'"{self._person}"'.encode()
            values = {"person": self._person, "quoted": quoted, "after": self._after, "limit": PIECE}
            rows = conn.execute(_ROWS, values).fetchall()
        ours = [(position, delivered) for position, delivered, mine in rows if mine]
        ready = [position for position, delivered in ours if delivered and position != newest]
        gone = 0
        if ready:
            with transaction(conn):
                gone = len(bury(conn, ready))
                self._count(conn, gone)
        later = [position for position, delivered in ours if not delivered or position == newest]
        self.needs_a_newer_event = any(delivered and position == newest for position, delivered in ours)
        if self._resting:
            self._waiting = self._waiting[PIECE:] + later
            self._look_at = mono_s + _LOOK_AGAIN_S
            self._resting = len(self._waiting) > _WAITING // 2
        else:
            self._waiting += later
            self._after = rows[-1][0] if rows else self._after
            ended = len(rows) < PIECE
            self._through = ended and mono_s >= self._quiet_at
            self._resting = ended or len(self._waiting) > _WAITING
        return gone

    def is_through(self) -> bool:
        """Whether everything about the person at hand is buried; `finish` when the log has been emptied, too."""
        return self._person is not None and self._through and not self._waiting

    def _begin(self, person: str, mono_s: float) -> None:
        self._person = person
        self._quiet_at = mono_s + _STILL_HAPPENS_S
        self._after, self._waiting = _BEFORE_ALL, []
        self._resting = self._through = False

    def finish(self, ledger: Ledger, now: Now, copies: Sequence[str]) -> None:
        """The person is gone from the database: say so, and drop the request. `copies`: names of files that were set
        aside and may still tell of them. Raises OSError, sqlite3.Error.
        """
        assert self._person is not None
        mark = (_mark(self._person),)
        row = ledger.connection.execute("SELECT value FROM marks WHERE name = ?", mark).fetchone()
        data = {"events": row[0] if row else 0} | ({"left_in": list(copies)} if copies else {})

        def forget(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM marks WHERE name = ?", mark)

        ledger.record([(Report("person.erased", data, "", Priority.ACCESS), now)], forget)
        (self._folder / _file_name(self._person)).unlink(missing_ok=True)
        sync_folder(self._folder)
        log.info("a person was erased from the history")
        self._person, self._look_at = None, float("-inf")  # is there another?

    def _requests(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(path for path in self._folder.iterdir() if path.name.startswith(_PREFIX))

    def _count(self, conn: sqlite3.Connection, gone: int) -> None:
        assert self._person is not None
        conn.execute(
            "INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + ?",
            (_mark(self._person), gone, gone),
        )


def _file_name(person: str) -> str:
    return _PREFIX + quote(person, safe="")


def _mark(person: str) -> str:
    return "erasure:" + sha256(person.encode()).hexdigest()[:16]


def _is_waiting(conn: sqlite3.Connection, position: int) -> bool:
    row = conn.execute(_IS_WAITING, (position,)).fetchone()
    return row is not None and bool(row[0])
