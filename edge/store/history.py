"""Looking through the events of a device: list, show, follow, export. For tools; the daemon does not import it.

An event is never rewritten. Where the time became known only later in the same boot (`clock.corrected`), an event under
an unsynchronised clock is given the time at which it truly happened beside the one that it says.
"""

from __future__ import annotations

import bisect
import json
import sqlite3
from collections import defaultdict
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
_BEFORE_ALL = -(1 << 62)  # what was salvaged from an older file stands at negative positions
_AFTER_ALL = (1 << 63) - 1
_CORRECTIONS = "SELECT position, body FROM events WHERE type = 'clock.corrected' ORDER BY position"
_FROM = (
    "FROM events e JOIN epochs p ON p.number = e.epoch JOIN boots b ON b.number = e.boot"
    " LEFT JOIN outbox o ON o.priority = e.priority AND o.position = e.position"
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event as stored. `position` is its place in the file, `delivered` whether it has left the outbox,
    `corrected_us` the time at which it happened, where that is known better than `wall_us`.
    """

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
    corrected_us: int | None = None

    @property
    def happened_us(self) -> int:
        """The best that is known, microseconds since 1970."""
        return self.wall_us if self.corrected_us is None else self.corrected_us


class History:
    """Questions to the events of one device; raises NoStoreError as the reader does."""

    def __init__(self, reader: EventReader) -> None:
        self._reader = reader

    def latest(
        self, limit: int, type_prefix: str = "", subject: str = "", before: int = _AFTER_ALL
    ) -> list[StoredEvent]:
        """The newest events before a position, oldest of them first. `type_prefix` 'door' finds 'door.opened' and its
        like.
        """
        where, values = _matching(type_prefix, subject)
        query = f"SELECT {_COLUMNS} {_FROM} {where} AND e.position < :before ORDER BY e.position DESC LIMIT :limit"
        return list(self._events(query, values | {"before": before, "limit": limit}))[::-1]

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
        """All events that happened within, oldest first, without holding a snapshot open between pages."""
        position = _BEFORE_ALL
        while page := self.after(position, 1000):
            yield from (event for event in page if since_us <= event.happened_us <= until_us)
            position = page[-1].position

    def _events(self, query: str, values: dict[str, Any]) -> Iterator[StoredEvent]:
        try:
            db = Database(self._reader.connection(), execute_plugins=False, recursive_triggers=False)
            rows = list(db.query(query, values))
            offsets = _offsets(db) if any(row["clock"] == "unsynced" for row in rows) else {}
        except sqlite3.DatabaseError as error:
            raise UnreadableStoreError(
                f"the event database cannot be read: {error}",
                hint="the daemon sets a damaged one aside at its next start and begins a new one",
            ) from error
        for row in rows:
            corrected = _corrected_us(row, offsets.get(row["bootid"], [])) if row["clock"] == "unsynced" else None
            yield StoredEvent(**row | {"delivered": bool(row["delivered"]), "corrected_us": corrected})


def _matching(type_prefix: str, subject: str) -> tuple[str, dict[str, Any]]:
    conditions, values = ["1"], dict[str, Any]()
    if type_prefix:
        conditions.append("(e.type = :type OR substr(e.type, 1, length(:type) + 1) = :type || '.')")
        values["type"] = type_prefix
    if subject:
        conditions.append("e.subject = :subject")
        values["subject"] = subject
    return "WHERE " + " AND ".join(conditions), values


def _offsets(db: Database) -> dict[str, list[tuple[int, int]]]:
    """By boot the corrections of its clock: where they stand, and the offset from monotonic to true time."""
    found = defaultdict[str, list[tuple[int, int]]](list)
    for row in db.query(_CORRECTIONS):
        try:
            data = json.loads(row["body"])["data"]
            found[str(data["bootid"])].append((row["position"], int(data["offset_us"])))
        except (ValueError, KeyError, TypeError):  # an altered one, which `edge events verify` names
            continue
    return found


def _corrected_us(row: dict[str, Any], offsets: list[tuple[int, int]]) -> int | None:
    """By the first correction after the event, else by the last one: the two clocks drift apart with time."""
    if not offsets:
        return None
    index = bisect.bisect_left(offsets, (row["position"], 0))
    return int(row["mono_us"]) + offsets[min(index, len(offsets) - 1)][1]
