"""What the upkeep adds to the tables of `events.db`.

`tombstones`: runs of events that are gone for good, by retention, erasure or for want of room. `hash` is the SHA-256 of
the last one, which the event after it names, `before` the one that the first named, so that the chain still verifies
across the run. `evictions`: what `storage.evicted` is still to say, written down together with the deletion.
`salvages`: how far a file that was set aside has been read. `marks`: single numbers that outlive a restart.

The two indexes hold only what is rare, so that storing an event costs no more with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES = (
    "CREATE TABLE tombstones (epoch INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,"
    " before TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (epoch, first_seq)) STRICT, WITHOUT ROWID",
    "CREATE TABLE evictions (number INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT",
    "CREATE TABLE salvages (file TEXT PRIMARY KEY, shift INTEGER NOT NULL, state TEXT NOT NULL) STRICT",
    "CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
    "CREATE INDEX pictures ON events (position) WHERE priority = 4 AND type <> ''",
    "CREATE INDEX corrections ON events (position) WHERE type = 'clock.corrected'",
)


def m002_upkeep(db: Database) -> None:
    """The second step of the migrations of `events.db`."""
    for statement in TABLES:
        db.execute(statement)
