"""The tables of the roster's file, step by step. The library behind them takes 6 MB of a daemon that merely reads the
roster, so it is loaded only where a file is made or brought up to date.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

MIGRATIONS = "roster"
FIRST, SECOND = "1 people, templates, meta", "2 zones, zone_marks"
KNOWN = frozenset({FIRST, SECOND})


def apply(connection: sqlite3.Connection) -> None:
    """Bring the file behind the connection up to date."""
    from sqlite_utils import Database, Migrations

    migrations = Migrations(MIGRATIONS)
    migrations(name=FIRST)(_first)
    migrations(name=SECOND)(_second)
    migrations.apply(Database(connection, execute_plugins=False))


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
