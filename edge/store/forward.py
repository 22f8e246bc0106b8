"""What an older version may make of a database that a newer one has migrated.

A migration whose name ends in `_adds` only adds: tables, indices, columns that may be empty or have a default, and
nothing that the older version would have to keep up. Files with such migrations are read and written by versions that
do not know them, so that an update can be taken back without touching the data. Any other unknown migration makes the
file a foreign one: it is refused, and the update brings the data back another way (edge/update/databases.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from pathlib import Path

from edge.errors import DataError
from edge.store.plainfile import connect

ADDS = "_adds"
_WAIT_S = 5.0


def foreign(applied: Iterable[str], known: Collection[str]) -> list[str]:
    """The applied migrations that a version which knows `known` cannot live with."""
    return [name for name in applied if name not in known and not name.endswith(ADDS)]


def applied_migrations(path: Path) -> list[str]:
    """The migrations of the database at `path`, in order; none where it has none. Raises DataError."""
    try:
        conn = connect(path, "ro", _WAIT_S)
        try:
            if conn.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone() is None:
                return []
            return [str(name) for (name,) in conn.execute("SELECT name FROM _sqlite_migrations ORDER BY rowid")]
        finally:
            conn.close()
    except sqlite3.Error as error:
        raise DataError(f"{path} cannot be read: {error}", hint="is it a database of edge, and sound?") from error
