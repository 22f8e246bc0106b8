"""Reading a database that SQLite calls damaged: whatever still comes out of it, and what is to be believed of that."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import quote

from edge.actions import Priority
from edge.store.envelope import digest
from edge.store.logcheck import lost_commits

_COLUMNS = "position, wall_us, mono_us, body"
_MARGIN = 8192  # positions before the first readable one at which something may yet be read
_ROWS_A_PAGE = 64  # at most, of the smallest events


@dataclass(frozen=True, slots=True)
class OldEvent:
    """One event as it was read. Its bytes say everything but the two clocks; `envelope` is empty where they do not."""

    position: int
    wall_us: int
    mono_us: int
    body: bytes
    envelope: dict[str, Any]

    @property
    def key(self) -> tuple[str, int]:
        return self.envelope["epoch"], self.envelope["seq"]


class OldFile:
    """A database that was set aside, read only. No sqlite3.Error leaves it: what cannot be read is not there."""

    def __init__(self, path: Path) -> None:
        self._conn: sqlite3.Connection | None = None
        self._path = path
        self._pages = path.stat().st_size // 4096 + 1
        if path.stat().st_size == 0:  # SQLite would throw the log away
            return
        uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        self._conn = sqlite3.connect(uri, uri=True, timeout=0.2, isolation_level=None)

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()

    def bounds(self) -> tuple[int, int, bool]:
        """The first and last position to look at, and whether the last one is certain; (1, 0, …) for nothing at all."""
        low, high = (self._number(f"SELECT {end}(position) FROM events") for end in ("min", "max"))
        if low is None and high is None:
            low = self._number("SELECT min(position) FROM outbox")
            high = self._number("SELECT max(position) FROM outbox")
        span = self._pages * _ROWS_A_PAGE
        if low is None and high is not None:
            low = self._first_readable(high - span, high) - _MARGIN
        if low is None:
            return 1, 0, False
        return (low, low + span, False) if high is None else (low, high, True)

    @property
    def ends_early(self) -> bool:
        """Whether newer events stood in the log behind a damage in it; known once something has been read."""
        log, index = (self._path.with_name(self._path.name + suffix) for suffix in ("-wal", "-shm"))
        return lost_commits(log, index) > 1

    def window(self, low: int, high: int) -> tuple[list[OldEvent], int]:
        """The events at these positions in order, and at how many positions nothing could be read."""
        try:
            rows = self._all(f"SELECT {_COLUMNS} FROM events WHERE position BETWEEN ? AND ?", low, high)
        except sqlite3.Error:
            if low == high:
                return [], 1
            middle = (low + high) // 2
            first, unread = self.window(low, middle)
            second, more = self.window(middle + 1, high)
            return first + second, unread + more
        return sorted((_event(*row) for row in rows), key=lambda event: event.position), 0

    def was_delivered(self, event: OldEvent) -> bool:
        """Whether the old outbox says so; not, where it cannot be read."""
        try:
            query = "SELECT 1 FROM outbox WHERE priority = ? AND position = ?"
            return not self._all(query, event.envelope["priority"], event.position)
        except sqlite3.Error:
            return False

    def table(self, name: str, columns: str) -> list[Any]:
        """All rows of a small table, none where it is missing or damaged."""
        try:
            return self._all(f"SELECT {columns} FROM {name}")
        except sqlite3.Error:
            return []

    def _first_readable(self, low: int, high: int) -> int:
        while low + 1 < high:
            middle = (low + high) // 2
            try:
                self._all("SELECT position FROM events WHERE position >= ? LIMIT 1", middle)
                high = middle
            except sqlite3.Error:
                low = middle
        return high

    def _number(self, query: str) -> int | None:
        try:
            found = self._all(query)[0][0]
        except (sqlite3.Error, IndexError):
            return None
        return found if isinstance(found, int) else None

    def _all(self, query: str, *values: int) -> list[Any]:
        return self._conn.execute(query, values).fetchall() if self._conn is not None else []


def believed(events: Sequence[OldEvent]) -> list[OldEvent]:
    """Those of consecutive events whose bytes are what was once written, as far as their neighbours can tell.

    The event after one names its hash. Where that does not fit, either may be the altered one: the later one is, if
    the hash which the next but one names does not fit it either.
    """
    sound = [event for event in events if event.envelope]
    fits: list[bool | None] = []
    for event, following in zip_longest(sound, sound[1:]):
        epoch, seq = event.key
        if following is None or following.key != (epoch, seq + 1):
            fits.append(None)
        else:
            fits.append(following.envelope["prevhash"] == digest(event.body))
    return [
        event for event, fit, next_fit in zip_longest(sound, fits, fits[1:]) if fit is not False or next_fit is False
    ]


def _event(position: int, wall_us: object, mono_us: object, body: object) -> OldEvent:
    envelope = _envelope(body)
    if not (isinstance(wall_us, int) and isinstance(mono_us, int) and isinstance(body, bytes)):
        return OldEvent(position, 0, 0, b"", {})
    return OldEvent(position, wall_us, mono_us, body, envelope)


def _envelope(body: object) -> dict[str, Any]:
    """The parsed envelope, if it has what a row needs, each of its type; or else nothing."""
    if not isinstance(body, bytes):
        return {}
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    texts, numbers = ("epoch", "id", "type", "bootid", "clock", "prevhash"), ("seq", "priority")
    if not isinstance(found, dict) or not isinstance(found.get("subject", ""), str):
        return {}
    whole = all(isinstance(found.get(name), str) for name in texts) and all(type(found.get(n)) is int for n in numbers)
    return found if whole and found["priority"] in Priority.__members__.values() else {}
