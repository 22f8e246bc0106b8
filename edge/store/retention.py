"""How long an event stays on the device after it was delivered: by its priority, in days.

An event under an unsynchronised clock may say any time. It is judged as if it had happened together with the next event
under a synchronised one, which is never too early. While the device itself does not know the time, nothing is deleted.
"""

from __future__ import annotations

import sqlite3

from edge.actions import Priority
from edge.clock import Now
from edge.config.schema import Store
from edge.store.tombstones import Gone, bury, newest_position, transaction

PIECE = 250
_PASS_S = 6 * 3600.0
_DAY_US = 86_400_000_000
_BEFORE_ALL = -(1 << 62)
_ROWS = (
    "SELECT e.position, e.priority, e.wall_us, e.clock, o.position IS NULL FROM events e LEFT JOIN outbox o"
    " ON o.priority = e.priority AND o.position = e.position WHERE e.position > ? ORDER BY e.position LIMIT ?"
)
_NEXT_KNOWN = "SELECT wall_us FROM events WHERE position > ? AND clock <> 'unsynced' ORDER BY position LIMIT 1"


class Retention:
    """Goes through the history from its oldest event every six hours, a piece at a time."""

    def __init__(self, store: Store) -> None:
        self._keep_us = {
            Priority.ALARM: store.keep_alarm_days * _DAY_US,
            Priority.ACCESS: store.keep_access_days * _DAY_US,
            Priority.WASTE: store.keep_waste_days * _DAY_US,
            Priority.TELEMETRY: store.keep_telemetry_days * _DAY_US,
            Priority.PICTURE: store.keep_picture_days * _DAY_US,
        }
        self._shortest_us = min(self._keep_us.values())
        self._after = _BEFORE_ALL
        self._next_pass = float("-inf")

    def is_due(self, now: Now) -> bool:
        return now.trusted and now.mono_s >= self._next_pass

    def piece(self, conn: sqlite3.Connection, now: Now) -> list[Gone]:
        """Bury what is too old among the next rows. Raises sqlite3.Error; the piece may then be had again."""
        rows = conn.execute(_ROWS, (self._after, PIECE)).fetchall()
        old, young = self._judge(conn, rows, now)
        if old:
            with transaction(conn):
                gone = bury(conn, old)
        else:
            gone = []
        if young or len(rows) < PIECE:
            self._after, self._next_pass = _BEFORE_ALL, now.mono_s + _PASS_S
        else:
            self._after = rows[-1][0]
        return gone

    def _judge(
        self, conn: sqlite3.Connection, rows: list[tuple[int, int, int, str, int]], now: Now
    ) -> tuple[list[int], bool]:
        """Positions that are too old, and whether everything after these rows is younger than anything's time."""
        happened = now.wall_us
        if rows and rows[-1][3] == "unsynced":
            happened = (conn.execute(_NEXT_KNOWN, (rows[-1][0],)).fetchone() or (now.wall_us,))[0]
        newest = newest_position(conn)
        old = []
        youngest = happened
        for number, (position, priority, wall_us, clock, delivered) in enumerate(reversed(rows)):
            if clock != "unsynced":
                happened = wall_us
            if number == 0:
                youngest = happened
            if delivered and position != newest and now.wall_us - happened > self._keep_us[Priority(priority)]:
                old.append(position)
        return old[::-1], now.wall_us - youngest <= self._shortest_us
