"""What goes first when there is no room: in the order of `_steps`, a piece at a time.

What the office has already goes before what it has not: pictures, then the oldest history. Of what waits to be sent
pictures go first, then telemetry is thinned, oldest first, then waste, the rest of telemetry, passes; alarms only when
nothing else is left, and what tells of losses never. Of everything that had not been sent the ranges are written down
in the same transaction: a power cut between the loss and the event that tells of it changes nothing.

The record of what is gone takes room in the same full file, and single events from among others may free no page at
all. So the record is written last, when what went has made room for it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.envelope import rfc3339
from edge.store.ledger import Ledger
from edge.store.tombstones import Gone, Run, mark, newest_position, remove, transaction

PIECE = 256  # events
_PICTURES = 16  # at a time; one is as large as a hundred other events
_SPAN = 4096  # positions looked through at a time for what has been delivered
_RUN = 32  # a single event is less than a page, and only whole pages make room; so every second run goes
_KEPT_TELEMETRY = 512  # what thinning leaves
_LOOK_AGAIN_S = 60.0
_BEFORE_ALL = -(1 << 62)
_RUN_BYTES = 160  # of a tombstone: two hashes of 64 digits, and its place in the page
_PAGE_BYTES = 4096
_SPARE_PAGES = 4  # two for each of the two tables, when its first page is full and becomes a root with two below it

_DELIVERED_PICTURES = (
    "SELECT position FROM events WHERE priority = 4 AND type <> '' AND NOT EXISTS (SELECT 1 FROM outbox o"
    " WHERE o.priority = 4 AND o.position = events.position) ORDER BY position LIMIT ?"
)
_DELIVERED = (
    "SELECT position FROM events WHERE position > ? AND position <= ? AND type <> 'storage.salvaged' AND NOT EXISTS"
    " (SELECT 1 FROM outbox o WHERE o.priority = events.priority AND o.position = events.position)"
    " ORDER BY position LIMIT ?"
)
# What tells of losses outlasts even the alarms: it is small, and without it they would be losses untold.
_ALARMS = (
    "SELECT o.position FROM outbox o JOIN events e ON e.position = o.position"
    f" WHERE o.priority = {int(Priority.ALARM)} AND e.type NOT IN ('storage.evicted', 'storage.salvaged')"
    " ORDER BY o.position LIMIT ?"
)
_WAITING = "SELECT position FROM outbox WHERE priority = ? AND position > ? ORDER BY position LIMIT ?"


_Step = Callable[[sqlite3.Connection], list[int]]


class Eviction:
    """Chooses and buries. For the writer's thread; raises sqlite3.Error, and the piece has then not happened."""

    def __init__(self) -> None:
        self._looked_until = _BEFORE_ALL
        self._look_again_at = float("-inf")
        self._thinned_until = _BEFORE_ALL
        self._steps: Sequence[_Step] = (
            self._delivered_pictures,
            self._delivered,
            lambda conn: _oldest(conn, Priority.PICTURE, _PICTURES),
            self._every_second_run,
            lambda conn: _oldest(conn, Priority.WASTE, PIECE),
            lambda conn: _oldest(conn, Priority.TELEMETRY, PIECE),
            lambda conn: _oldest(conn, Priority.ACCESS, PIECE),
            lambda conn: [position for (position,) in conn.execute(_ALARMS, (PIECE,))],
        )
        self._sparing = self._steps[:4]

    def make_room(
        self, conn: sqlite3.Connection, mono_s: float, reason: str, enough: Callable[[], bool], *, sparing: bool = False
    ) -> int:
        """Bury in one transaction until there is `enough`, and at least a piece. Returns how many events; 0 when
        nothing is left but the newest one. `sparing`: nothing that waits to be sent but pictures and some telemetry.
        """
        steps = self._sparing if sparing else self._steps
        if mono_s >= self._look_again_at:  # by now more may have been delivered
            self._looked_until, self._look_again_at = _BEFORE_ALL, mono_s + _LOOK_AGAIN_S
        count = 0
        runs: list[Run] = []
        reports: list[str] = []
        try:
            with transaction(conn):
                while piece := _piece(conn, steps):
                    gone, gaps = piece
                    count += len(gone)
                    runs.extend(gaps)
                    reports.extend(map(json.dumps, lost(conn, gone, reason)))
                    if _fits(conn, runs, reports) and enough():
                        break
                mark(conn, runs)
                conn.executemany("INSERT INTO evictions (data) VALUES (?)", [(report,) for report in reports])
        except BaseException:
            self._looked_until = _BEFORE_ALL  # what was found there is still there
            raise
        return count

    def tell(self, ledger: Ledger, now: Now) -> bool:
        """Store the next of what is still to be told, and cross it off in the same transaction. Returns whether there
        was anything.
        """
        row = ledger.connection.execute("SELECT number, data FROM evictions ORDER BY number LIMIT 1").fetchone()
        if row is None:
            return False
        report = Report("storage.evicted", json.loads(row[1]), "store", Priority.ALARM)

        def cross_off(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM evictions WHERE number = ?", (row[0],))

        ledger.record([(report, now)], cross_off)
        return True

    def _delivered_pictures(self, conn: sqlite3.Connection) -> list[int]:
        return [position for (position,) in conn.execute(_DELIVERED_PICTURES, (_PICTURES,))]

    def _delivered(self, conn: sqlite3.Connection) -> list[int]:
        newest = newest_position(conn)
        while newest is not None and self._looked_until < newest - 1:
            (first,) = conn.execute(
                "SELECT min(position) FROM events WHERE position > ?", (self._looked_until,)
            ).fetchone()
            until = min(first + _SPAN - 1, newest - 1)
            if _all_wait(conn, first, until):  # told by the outbox alone, which is a fraction of the size
                self._looked_until = until
                continue
            found = [row[0] for row in conn.execute(_DELIVERED, (first - 1, until, PIECE))]
            self._looked_until = found[-1] if found else until
            if found:
                return found
        return []

    def _every_second_run(self, conn: sqlite3.Connection) -> list[int]:
        query = "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE priority = ? LIMIT ?)"
        (waiting,) = conn.execute(query, (int(Priority.TELEMETRY), _KEPT_TELEMETRY + 1)).fetchone()
        if waiting <= _KEPT_TELEMETRY:
            return []
        found = _oldest(conn, Priority.TELEMETRY, 2 * PIECE, self._thinned_until)
        if len(found) < 2 * _RUN:  # through with it: once more from the beginning
            found = _oldest(conn, Priority.TELEMETRY, 2 * PIECE)
        self._thinned_until = found[-1]
        return [position for number, position in enumerate(found) if number // _RUN % 2 == 0]


def _piece(conn: sqlite3.Connection, steps: Sequence[_Step]) -> tuple[list[Gone], list[Run]] | None:
    for step in steps:
        gone, runs = remove(conn, step(conn))
        if gone:
            return gone, runs
    return None


def _fits(conn: sqlite3.Connection, runs: Sequence[Run], reports: Sequence[str]) -> bool:
    """Whether the unused pages take this record. Twice its size, since a page that overflows is split in halves."""
    (unused,) = conn.execute("PRAGMA freelist_count").fetchone()
    size = len(runs) * _RUN_BYTES + sum(map(len, reports))
    return bool(unused >= _SPARE_PAGES + 2 * size // _PAGE_BYTES)


def lost(conn: sqlite3.Connection, gone: Sequence[Gone], reason: str) -> list[dict[str, object]]:
    """The data of `storage.evicted` for those that had not been delivered, one for each epoch among them."""
    reports = []
    for number in sorted({row.epoch for row in gone}):
        rows = [row for row in gone if row.undelivered and row.epoch == number]
        if not rows:
            continue
        (epoch,) = conn.execute("SELECT epoch FROM epochs WHERE number = ?", (number,)).fetchone()
        counts = Counter(Priority(row.priority) for row in rows)
        reports.append(
            {
                "reason": reason,
                "count": len(rows),
                "by_priority": {priority.name.lower(): n for priority, n in sorted(counts.items())},
                "ranges": ranges(sorted(row.seq for row in rows)),
                "epoch": epoch,
                "first_time": rfc3339(min(row.wall_us for row in rows)),
                "last_time": rfc3339(max(row.wall_us for row in rows)),
            }
        )
    return reports


def ranges(numbers: Sequence[int]) -> list[list[int]]:
    """Ascending numbers as [first, last] pairs, both included."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _all_wait(conn: sqlite3.Connection, first: int, last: int) -> bool:
    """Whether there is an event at each of these positions, and none has been delivered."""
    query = "SELECT count(*) FROM outbox WHERE priority = ? AND position BETWEEN ? AND ?"
    waiting = sum(conn.execute(query, (int(priority), first, last)).fetchone()[0] for priority in Priority)
    return bool(waiting == last - first + 1)


def _oldest(conn: sqlite3.Connection, priority: Priority, limit: int, after: int = _BEFORE_ALL) -> list[int]:
    return [row[0] for row in conn.execute(_WAITING, (int(priority), after, limit))]
