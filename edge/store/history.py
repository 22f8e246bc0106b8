"""Looking through the events of a device: list, show, follow, export. For tools; the daemon does not import it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from edge.errors import DataError
from edge.store.reader import EventReader, UnreadableStoreError

_COLUMNS = (
    "e.position, p.epoch, e.seq, e.id, e.type, e.wall_us, e.mono_us, b.bootid, e.clock, e.priority, e.subject, e.body,"
    " o.position IS NULL AS delivered"
)
_FROM = (
    "FROM events e JOIN epochs p ON p.number = e.epoch JOIN boots b ON b.number = e.boot"
    " LEFT JOIN outbox o ON o.priority = e.priority AND o.position = e.position"
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event as stored. `position` is its place in the file, `delivered` whether a broker has acknowledged it."""

    position: int
    epoch: str
    seq: int
    id: str
    type: str
    wall_us: int
    mono_us: int
    bootid: str
    clock: str
    priority: int
    subject: str
    body: bytes
    delivered: bool


class History:
    """Questions to the events of one device; raises NoStoreError as the reader does."""

    def __init__(self, reader: EventReader) -> None:
        self._reader = reader

    def latest(self, limit: int, type_prefix: str = "", subject: str = "") -> list[StoredEvent]:
        """The newest events, oldest of them first. `type_prefix` 'door' finds 'door.opened' and its like."""
        where, values = _matching(type_prefix, subject)
        query = f"SELECT {_COLUMNS} {_FROM} {where} ORDER BY e.position DESC LIMIT :limit"
        return list(self._events(query, values | {"limit": limit}))[::-1]

    def after(self, position: int, limit: int, type_prefix: str = "", subject: str = "") -> list[StoredEvent]:
        """The events beyond a position, oldest first; asked again and again, this follows the device."""
        where, values = _matching(type_prefix, subject)
        query = f"SELECT {_COLUMNS} {_FROM} {where} AND e.position > :after ORDER BY e.position LIMIT :limit"
        return list(self._events(query, values | {"after": position, "limit": limit}))

    def show(self, which: str) -> StoredEvent:
        """The event with this id, or this `seq` of the present epoch. Raises DataError if there is none."""
        if which.isdecimal() and len(which) > 18:  # beyond SQLite's integers, and so beyond any number of ours
            raise DataError(f"no event {which}", hint="`edge events list` shows the ids and numbers")
        column = "e.seq" if which.isdecimal() else "e.id"
        query = f"SELECT {_COLUMNS} {_FROM} WHERE {column} = :which ORDER BY e.position DESC LIMIT 1"
        for event in self._events(query, {"which": int(which) if which.isdecimal() else which}):
            return event
        raise DataError(f"no event {which}", hint="`edge events list` shows the ids and numbers")

    def export(self, since_us: int = 0, until_us: int = 1 << 62) -> Iterator[StoredEvent]:
        """All events whose wall clock lies within, oldest first, without holding a snapshot open between pages."""
        position = 0
        while page := self.after(position, 1000):
            yield from (event for event in page if since_us <= event.wall_us <= until_us)
            position = page[-1].position

    def _events(self, query: str, values: dict[str, Any]) -> Iterator[StoredEvent]:
        try:
            db = Database(self._reader.connection(), execute_plugins=False, recursive_triggers=False)
            rows = list(db.query(query, values))
        except sqlite3.DatabaseError as error:
            raise UnreadableStoreError(
                f"the event database cannot be read: {error}",
                hint="the daemon sets a damaged one aside at its next start and begins a new one",
            ) from error
        for row in rows:
            yield StoredEvent(**row | {"delivered": bool(row["delivered"])})


def _matching(type_prefix: str, subject: str) -> tuple[str, dict[str, Any]]:
    conditions, values = ["1"], dict[str, Any]()
    if type_prefix:
        conditions.append("(e.type = :type OR substr(e.type, 1, length(:type) + 1) = :type || '.')")
        values["type"] = type_prefix
    if subject:
        conditions.append("e.subject = :subject")
        values["subject"] = subject
    return "WHERE " + " AND ".join(conditions), values
