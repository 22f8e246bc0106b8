"""The tables of `events.db`, and how an older file becomes a current one.

`events` is the history, `outbox` what the broker has not yet acknowledged: its key (priority, position) is the
order in which events leave. `position` is an event's place in this file; it never restarts, whereas `seq` restarts
with each epoch. The newest row of `events` carries the sequence and the head of the hash chain and is therefore
never deleted. `boots` and `epochs` keep the long random names out of the rows.
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import TYPE_CHECKING

from edge.errors import DataError
from edge.store.forward import foreign

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

EVENTS_NAME = "events.db"
APPLICATION_ID = 0x45444745  # "EDGE", at offset 68 of the file
NAMES = ("m001_events", "m002_upkeep")


def migrate(conn: sqlite3.Connection) -> None:
    """Bring the file up to date. Raises DataError for a file that a newer version has written and that is foreign now.

    sqlite-utils takes a fifth of a second to import, so it is only loaded when something is to be done.
    """
    applied = _applied(conn)
    if unknown := foreign(applied, NAMES):
        raise DataError(
            f"the event database was written by a newer version ({', '.join(unknown)})",
            hint="install that version again, or move the file away to begin a new one",
        )
    if set(applied) >= set(NAMES):
        return

    from sqlite_utils import Database

    conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")  # first, so that a half-made file is known as ours
    _migrations().apply(Database(conn, strict=True, execute_plugins=False))


def _applied(conn: sqlite3.Connection) -> list[str]:
    known = conn.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()
    if known is None:
        return []
    rows = conn.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'events' ORDER BY rowid")
    return [name for (name,) in rows]


def _migrations() -> Migrations:
    from sqlite_utils import Migrations

    steps = Migrations("events")

    @steps()
    def m001_events(db: Database) -> None:
        db.table("epochs").create({"number": int, "epoch": str}, pk="number", not_null={"epoch"}, strict=True)
        db.table("boots").create({"number": int, "bootid": str}, pk="number", not_null={"bootid"}, strict=True)
        columns = {
            "position": int,
            "epoch": int,
            "seq": int,
            "id": str,
            "type": str,
            "wall_us": int,
            "mono_us": int,
            "boot": int,
            "clock": str,
            "priority": int,
            "subject": str,
            "body": bytes,
        }
        db.table("events").create(columns, pk="position", not_null=set(columns) - {"position"}, strict=True)
        db.execute(
            "CREATE TABLE outbox (priority INTEGER NOT NULL, position INTEGER NOT NULL,"
            " PRIMARY KEY (priority, position)) STRICT, WITHOUT ROWID"
        )
        db.table("epochs").insert({"number": 1, "epoch": secrets.token_hex(8)})

    from edge.store.schema_upkeep import m002_upkeep

    steps()(m002_upkeep)
    return steps
