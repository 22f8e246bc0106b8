"""Says once when the event database is nearly full, and once when that is over; also across restarts."""

from __future__ import annotations

import sqlite3

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.ledger import Ledger
from edge.store.quota import MIB, Quota

NEARLY_FULL, FREE_AGAIN = 0.80, 0.70
_MARK = "nearly_full"


def tell_fill(ledger: Ledger, quota: Quota, now: Now) -> None:
    """Store `storage.nearlyfull` when it has become 80 % full, `storage.restored` when it is under 70 % again."""
    level = quota.level(ledger.connection)
    known = ledger.connection.execute("SELECT 1 FROM marks WHERE name = ?", (_MARK,)).fetchone() is not None
    full = level.fraction >= (FREE_AGAIN if known else NEARLY_FULL)
    if full == known:
        return

    def mark(conn: sqlite3.Connection) -> None:
        if full:
            conn.execute("INSERT INTO marks (name, value) VALUES (?, 1)", (_MARK,))
        else:
            conn.execute("DELETE FROM marks WHERE name = ?", (_MARK,))

    data = {"used_share": round(level.fraction, 3), "free_mb": round(level.room / MIB, 1), "limited_by": level.by}
    kind = "storage.nearlyfull" if full else "storage.restored"
    ledger.record([(Report(kind, data, "store", Priority.ALARM), now)], mark)
