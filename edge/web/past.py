"""The history as the page asks for it: by type, subject and day, in pages, or all of it as a file.

Each question opens the database anew: pieces of an export are made on whichever thread is free, and between two of them
nothing keeps the writer from its log.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.store.envelope import rfc3339
from edge.store.history import History, StoredEvent
from edge.store.reader import EventReader, NoStoreError

PAGE = 50
_CHUNK = 1000
_MOST_LOOKED_AT = 20_000
"""Events that one page looks through for days long past; the next page goes on from there."""
_BEFORE_ALL, _AFTER_ALL = -(1 << 62), (1 << 63) - 1
_COLUMNS = ("time", "corrected", "type", "subject", "seq", "id", "clock", "delivered", "data")


@dataclass(frozen=True, slots=True)
class Filter:
    """`kind`: a type or its first word. `since_us`, `until_us`: when it happened, the second not included."""

    kind: str = ""
    subject: str = ""
    since_us: int = 0
    until_us: int = 1 << 62

    def fits(self, event: StoredEvent) -> bool:
        """Whether it happened within."""
        return self.since_us <= event.happened_us < self.until_us


def newest(file: Path, wanted: Filter, before: int = _AFTER_ALL) -> tuple[list[StoredEvent], int | None]:
    """A page of events, newest first, and the position from which the next page goes on, if there may be one."""
    found: list[StoredEvent] = []
    looked = 0
    reader = EventReader(file)
    try:
        history = History(reader)
        while looked < _MOST_LOOKED_AT:
            chunk = history.latest(
                _CHUNK if wanted.since_us or wanted.until_us < 1 << 62 else PAGE + 1,
                wanted.kind,
                wanted.subject,
                before,
            )
            for event in reversed(chunk):
                if len(found) == PAGE:
                    return found, before
                before = event.position
                if wanted.fits(event):
                    found.append(event)
            if not chunk or chunk[0].happened_us < wanted.since_us:
                return found, None
            looked += len(chunk)
    except NoStoreError:
        return [], None
    finally:
        reader.close()
    return found, before


def export(file: Path, wanted: Filter, form: str) -> Iterator[bytes]:
    """All of them, oldest first: as a line of JSON each (`form` jsonl), or as a table (csv)."""
    if form == "csv":
        yield _row(_COLUMNS)
    position = _BEFORE_ALL
    while True:
        reader = EventReader(file)
        try:
            chunk = History(reader).after(position, _CHUNK, wanted.kind, wanted.subject)
        except NoStoreError:
            return
        finally:
            reader.close()
        if not chunk:
            return
        position = chunk[-1].position
        make = _as_row if form == "csv" else _as_line
        if piece := b"".join(make(event) for event in chunk if wanted.fits(event)):
            yield piece


def _as_line(event: StoredEvent) -> bytes:
    body: dict[str, Any] = json.loads(event.body)
    if event.corrected_us is not None:
        body["correctedtime"] = rfc3339(event.corrected_us)
    return json.dumps(body, ensure_ascii=False).encode() + b"\n"


def _as_row(event: StoredEvent) -> bytes:
    body = json.loads(event.body)
    corrected = "" if event.corrected_us is None else rfc3339(event.corrected_us)
    data = json.dumps(body["data"], ensure_ascii=False)
    values = (body["time"], corrected, event.type, event.subject, event.seq, event.id, event.clock, event.delivered)
    return _row((*values, data))


def _row(values: tuple[object, ...]) -> bytes:
    """A table program takes a cell that begins like a formula for one."""
    texts = [str(value) for value in values]
    safe = [f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text for text in texts]
    line = io.StringIO()
    csv.writer(line).writerow(safe)
    return line.getvalue().encode()
