"""The tables of the roster's file, step by step. Loaded only where a file is made or brought up to date: the library
behind it takes 6 MB of a daemon that merely reads the roster.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from edge.store.roster_schema import FIRST, MIGRATIONS, SECOND

_MIGRATIONS = Migrations(MIGRATIONS)


def apply(connection: sqlite3.Connection) -> None:
    """Bring the file behind the connection up to date."""
    _MIGRATIONS.apply(Database(connection, execute_plugins=False))


@_MIGRATIONS(name=FIRST)
def _first(db: Database) -> None:
    db.create_table("meta", {"name": str, "value": str}, pk="name", strict=True)
    db.create_table(
        "people",
        {
            "person": str,
            "version": int,
            "revoked": int,
            "enrolled_us": int,
            "changed_us": int,
            "wrapped_key": bytes,
            "profile": bytes,
        },
        pk="person",
        not_null={"version", "revoked", "enrolled_us", "changed_us", "wrapped_key", "profile"},
        strict=True,
    )
    templates = db.create_table(
        "templates",
        {"template": str, "person": str, "model": str, "added_us": int, "sealed": bytes},
        pk="template",
        not_null={"person", "model", "added_us", "sealed"},
        foreign_keys=[("person", "people", "person")],
        strict=True,
    )
    templates.create_index(["person"])


@_MIGRATIONS(name=SECOND)
def _second(db: Database) -> None:
    """What came from the rosters of a zone. `mark` stands for a person, whose id an erasure has to take from the file;
    the columns are those of edge/store/roster_zone.py:Mark.
    """
    db.create_table("zones", {"zone": str, "version": int}, pk="zone", not_null={"version"}, strict=True)
    db.create_table(
        "zone_marks",
        {"mark": bytes, "zone": str, "version": int, "gone": int, "revoked": int},
        pk="mark",
        not_null={"zone", "version", "gone", "revoked"},
        strict=True,
    )
