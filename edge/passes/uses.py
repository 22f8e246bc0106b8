"""How often each pass was used, here and at the other gates, and which are revoked: on the disk before a door opens.

A small database of its own beside the events. Each row is what one gate has told of one pass; a gate's count only
grows, so the largest one that was heard of it is right, in whatever order messages come, and the uses of a pass are the
sum over the gates. Rows are forgotten a day after their pass has expired, when it opens nothing any more.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from edge.clock import Now
from edge.errors import DataError, EdgeError, HardwareError
from edge.passes.judge import Known
from edge.store.database import DamagedError, connect_writer, is_damage
from edge.store.schema import APPLICATION_ID

FILE = "passes.db"
MOST_PASSES = 2000
"""Counted ones, and as many revoked ones, of one gate; so many fit into one message."""
MOST_GATES = 64
KEEP_S = 86_400
_BEGIN_ANEW = "stop the daemon and move passes.db* away: uses and revocations that only this gate knew are lost then"
_TABLE = """
CREATE TABLE IF NOT EXISTS passes (
  number TEXT NOT NULL, gate TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0, revoked INTEGER NOT NULL DEFAULT 0,
  until INTEGER NOT NULL, PRIMARY KEY (number, gate)
) STRICT, WITHOUT ROWID
"""
# `until`: the second at which the pass expires; 0: it never does. The later of two is kept, and never the row for ever.
_MERGE = """
INSERT INTO passes (number, gate, used, revoked, until) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (number, gate) DO UPDATE SET
  used = max(used, excluded.used), revoked = max(revoked, excluded.revoked),
  until = CASE WHEN until = 0 OR excluded.until = 0 THEN 0 ELSE max(until, excluded.until) END
WHERE excluded.used > used OR excluded.revoked > revoked
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a gate tells of passes by number: `used`: how often it let one in, and when that one expires; `revoked`:
    when a revoked one expires, 0 for never.
    """

    used: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    revoked: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


class Uses:
    """The database of the gate called `gate`. One for the whole run of the daemon; every call is one at a time, may
    come from any thread, and raises EdgeError when the disk does not comply: then nothing may be opened by a pass.

    `version` changes with whatever this gate itself has to tell.
    """

    def __init__(self, state_dir: Path, gate: str) -> None:
        self.path = state_dir / FILE
        self.version = 0
        self._gate = gate
        self._lock = threading.Lock()
        self._conn: sqlite3.Connection | None = None

    def known(self, number: str) -> Known:
        """What all gates together have told of a pass."""
        if self._nothing():
            return Known()
        with self._open() as conn:
            query = "SELECT coalesce(sum(used), 0), coalesce(max(revoked), 0) FROM passes WHERE number = ?"
            used, revoked = conn.execute(query, (number,)).fetchone()
            return Known(used, bool(revoked))

    def spend(self, number: str, expires: int, uses: int) -> bool:
        """One more use here, of `uses` over all gates. False when none is left. When this returns True it survives a
        power cut.
        """
        with self._open() as conn:
            query = "SELECT coalesce(sum(used), 0), coalesce(sum(used) FILTER (WHERE gate = ?), 0) FROM passes"
            everywhere, here = conn.execute(f"{query} WHERE number = ?", (self._gate, number)).fetchone()
            if everywhere >= uses:
                return False
            if not here:
                self._make_room(conn, "used")
            conn.execute(_MERGE, (number, self._gate, here + 1, 0, expires))
            self.version += 1
            return True

    def revoke(self, number: str, until: int = 0) -> None:
        """Refuse a pass from now on, durably. `until`: when it would have expired anyway."""
        with self._open() as conn:
            self._make_room(conn, "revoked")
            conn.execute(_MERGE, (number, self._gate, 0, 1, until))
            self.version += 1

    def hear(self, gate: str, said: Said) -> bool:
        """Take in what a gate tells; False, and nothing is, where there is no room. What comes back from the broker
        under our own name is from before this card.
        """
        rows = [(number, gate, used, 0, until) for number, (used, until) in said.used.items()]
        rows += [(number, gate, 0, 1, until) for number, until in said.revoked.items()]
        if not rows:
            return True
        with self._open() as conn:
            if gate != self._gate and gate not in (gates := self._gates(conn)) and len(gates) >= MOST_GATES:
                return False
            before = conn.total_changes
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany(_MERGE, rows)
            (have,) = conn.execute("SELECT count(*) FROM passes WHERE gate = ?", (gate,)).fetchone()
            room = bool(have <= 2 * MOST_PASSES)
            conn.execute("COMMIT" if room else "ROLLBACK")
            if gate == self._gate and conn.total_changes > before:
                self.version += 1
            return room

    def told(self) -> Said:
        """What this gate has to tell the others."""
        if self._nothing():
            return Said()
        with self._open() as conn:
            query = "SELECT number, used, revoked, until FROM passes WHERE gate = ? ORDER BY number"
            rows = conn.execute(query, (self._gate,)).fetchall()
        used = {number: (count, until) for number, count, _, until in rows if count}
        return Said(used, {number: until for number, _, revoked, until in rows if revoked})

    def forget(self, now: Now) -> None:
        """Drop what expired a day ago; only by a clock that follows a time server, since a wrong one that is put back
        would bring used passes to life.
        """
        if now.quality == "unsynced" or self._nothing():
            return
        with self._open() as conn:
            before = conn.total_changes
            conn.execute("DELETE FROM passes WHERE until > 0 AND until < ?", (now.wall_us // 1_000_000 - KEEP_S,))
            if conn.total_changes > before:
                self.version += 1

    def close(self) -> None:
        """Until the next call."""
        with self._lock:
            self._close()

    def _nothing(self) -> bool:
        """A gate that was never shown a pass, nor told of one, has no file."""
        try:
            return self._conn is None and not self.path.exists()
        except OSError as error:
            raise HardwareError(f"{self.path}: {error.strerror}", hint="check the disk and the owner") from error

    def _gates(self, conn: sqlite3.Connection) -> set[str]:
        return {name for (name,) in conn.execute("SELECT DISTINCT gate FROM passes WHERE gate != ?", (self._gate,))}

    def _make_room(self, conn: sqlite3.Connection, what: str) -> None:
        (have,) = conn.execute(f"SELECT count(*) FROM passes WHERE gate = ? AND {what} > 0", (self._gate,)).fetchone()
        if have >= MOST_PASSES:
            raise DataError(f"{MOST_PASSES} passes are {what} here", hint="they are forgotten a day after they expire")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._conn is None:
                    self._conn = _connect(self.path)
                yield self._conn
            except DamagedError as error:
                self._close()
                raise DataError(f"{self.path}: {error.message}", hint=_BEGIN_ANEW) from error
            except sqlite3.Error as error:
                self._close()
                if is_damage(error):
                    raise DataError(f"{self.path}: damaged: {error}", hint=_BEGIN_ANEW) from error
                raise HardwareError(f"{self.path}: {error}", hint="is the disk full, or read-only?") from error
            except OSError as error:
                self._close()
                if isinstance(error, EdgeError):
                    raise
                raise HardwareError(f"{self.path}: {error.strerror}", hint="check the disk and the owner") from error

    def _close(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()


def _connect(path: Path) -> sqlite3.Connection:
    conn = connect_writer(path)
    try:
        conn.execute(f"PRAGMA application_id = {APPLICATION_ID}").fetchall()
        conn.execute(_TABLE)
    except BaseException:
        conn.close()
        raise
    return conn
