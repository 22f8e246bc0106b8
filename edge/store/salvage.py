"""Carrying over what can still be read in a database that was set aside.

The events keep their epoch, number, id and bytes. They stand before everything in the new file: at positions below
those of its own events, in epochs with numbers below its own. A window of positions is read at a time; where SQLite
meets a damaged page, the window is halved until only the rows on it are missing. Whether an event was delivered is
read from the old outbox; where that cannot be told it is sent once more, and the centre knows it by its key.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.keys import write_new
from edge.store.ledger import Ledger
from edge.store.oldfile import OldEvent, OldFile, believed
from edge.store.tombstones import SALVAGED, newest_position, transaction

WINDOW = 128  # positions, so that reading all of them one by one is still a matter of milliseconds
DONE = ".salvaged"  # an empty file of this name beside the old one says that it has been read
_BARREN = 64  # windows without a single event, beyond which nothing more is expected where the end is not known
_RANGES = 1000
_NAME = re.compile(r"\.damaged-(\d{8}T\d{6}Z)(?:-(\d+))?$")
_INSERT = (
    "INSERT INTO events (position, epoch, seq, id, type, wall_us, mono_us, boot, clock, priority, subject, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(slots=True)
class _Progress:
    """With one file: new position = old position - `shift`, and `next` to `high` are still to be read.

    `lost`: by epoch the last number seen, and the ranges that are missing before it.
    """

    file: str
    shift: int
    next: int
    high: int
    certain: bool
    carried: int = 0
    to_send: int = 0
    unread: int = 0
    barren: int = 0
    lost: dict[str, tuple[int, list[list[int]]]] = field(default_factory=dict)


class Salvage:
    """Reads the files set aside beside `path`, the newest first. For the writer's thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: list[Path] = []
        self._old: OldFile | None = None

    def opened(self, ledger: Ledger, now: Now) -> None:
        """Look for files; one may just have been set aside. Raises OSError, sqlite3.Error."""
        self.close()
        files = set_aside_files(self._path)
        self._files = [file for file in files if not _marker(file).exists()]
        for file in files:
            if file not in self._files and (
                progress := _load(ledger.connection, file.name)
            ):  # stopped in the midst of `_finish`
                _report(ledger, progress, now)

    def close(self) -> None:
        if self._old is not None:
            self._old.close()
            self._old = None

    def is_due(self) -> bool:
        return bool(self._files)

    def piece(self, ledger: Ledger, now: Now) -> None:
        """Carry over one window. Raises sqlite3.Error, OSError."""
        conn = ledger.connection
        if (newest_position(conn) or 0) < 1:  # the new file's own events come first, they hold the chain's head
            return
        file = self._files[0]
        if self._old is None:
            if not file.exists():  # taken away by somebody; what was carried over stays
                del self._files[0]
                return
            self._old = OldFile(file)
        progress = _load(conn, file.name)
        if progress is None:
            self._begin(conn, file.name, self._old)
        elif progress.next > progress.high or (progress.barren > _BARREN and not progress.certain):
            self._finish(ledger, file, progress, now)
        else:
            self._window(conn, self._old, progress)

    def _begin(self, conn: sqlite3.Connection, name: str, old: OldFile) -> None:
        low, high, certain = old.bounds()
        (lowest,) = conn.execute("SELECT min(position) FROM events").fetchone()
        progress = _Progress(name, high + 1 - min(lowest, 0), low, high, certain, unread=int(old.ends_early))
        epochs = dict(old.table("epochs", "number, epoch"))
        with transaction(conn):
            _save(conn, progress)
            for number, first, last, before, hashed in old.table(
                "tombstones", "epoch, first_seq, last_seq, before, hash"
            ):
                if number in epochs:
                    conn.execute(
                        "INSERT OR IGNORE INTO tombstones (epoch, first_seq, last_seq, before, hash)"
                        " VALUES (?, ?, ?, ?, ?)",
                        (_epoch_number(conn, epochs[number]), first, last, before, hashed),
                    )
            # A still older file of which that one had carried only a part.
            for earlier, shift, state in old.table("salvages", "file, shift, state"):
                conn.execute(
                    "INSERT OR IGNORE INTO salvages (file, shift, state) VALUES (?, ?, ?)",
                    (earlier, shift + progress.shift, state),
                )

    def _window(self, conn: sqlite3.Connection, old: OldFile, progress: _Progress) -> None:
        until = min(progress.next + WINDOW - 1, progress.high)
        found, unread = old.window(progress.next, until + 2)  # two more, by which the last ones are judged
        events = [event for event in believed(found) if event.position <= until]
        to_send = [event for event in events if not old.was_delivered(event)]
        progress.next, progress.unread = until + 1, progress.unread + unread
        progress.barren = 0 if events else progress.barren + 1
        progress.carried += len(events)
        progress.to_send += len(to_send)
        with transaction(conn):
            self._carry(conn, progress, events)
            conn.executemany(
                "INSERT INTO outbox (priority, position) VALUES (?, ?)",
                [(event.envelope["priority"], event.position - progress.shift) for event in to_send],
            )
            _save(conn, progress)

    def _carry(self, conn: sqlite3.Connection, progress: _Progress, events: Sequence[OldEvent]) -> None:
        for event in events:
            said = event.envelope
            epoch, seq = event.key
            number = _epoch_number(conn, epoch)
            last, gaps = progress.lost.get(epoch, (0, []))
            if seq > last + 1:
                gaps.extend(_without_tombstones(conn, number, last + 1, seq - 1))
            progress.lost[epoch] = (seq, gaps)
            values = (
                event.position - progress.shift,
                number,
                seq,
                said["id"],
                said["type"],
                event.wall_us,
                event.mono_us,
                _boot_number(conn, said["bootid"]),
                said["clock"],
                said["priority"],
                said.get("subject", ""),
                event.body,
            )
            conn.execute(_INSERT, values)

    def _finish(self, ledger: Ledger, file: Path, progress: _Progress, now: Now) -> None:
        write_new(_marker(file), b"")  # first: without it the file would be read again, and everything be there twice
        _report(ledger, progress, now)
        self.close()
        del self._files[0]


def set_aside_files(path: Path) -> list[Path]:
    """The databases that were set aside beside `path`, the newest first."""
    found = [(match, file) for file in path.parent.glob(f"{path.name}.damaged-*") if (match := _NAME.search(file.name))]
    found.sort(key=lambda pair: (pair[0][1], int(pair[0][2] or 1)), reverse=True)
    return [file for _, file in found]


def _report(ledger: Ledger, progress: _Progress, now: Now) -> None:
    """One event for each epoch of which something is missing, or one if nothing is."""
    told: dict[str, Any] = {"file": progress.file, "rows": progress.carried, "to_send": progress.to_send}
    lost = {epoch: gaps for epoch, (_, gaps) in progress.lost.items() if gaps}
    told["complete"] = progress.certain and not progress.unread and not lost
    parts = [told | {"epoch": epoch, "ranges": gaps[:_RANGES]} for epoch, gaps in lost.items()] or [told]

    def cross_off(conn: sqlite3.Connection) -> None:
        conn.execute("DELETE FROM salvages WHERE file = ?", (progress.file,))

    ledger.record([(Report(SALVAGED, part, "store", Priority.ALARM), now) for part in parts], cross_off)


def _marker(file: Path) -> Path:
    return file.with_name(file.name + DONE)


def _without_tombstones(conn: sqlite3.Connection, epoch: int, first: int, last: int) -> list[list[int]]:
    """The parts of a range of numbers that no tombstone covers."""
    gaps = []
    for begin, end in conn.execute(
        "SELECT first_seq, last_seq FROM tombstones WHERE epoch = ? AND last_seq >= ? AND first_seq <= ?"
        " ORDER BY first_seq",
        (epoch, first, last),
    ):
        if begin > first:
            gaps.append([first, begin - 1])
        first = end + 1
    return [*gaps, [first, last]] if first <= last else gaps


def _epoch_number(conn: sqlite3.Connection, epoch: str) -> int:
    """The epoch's number, below all others if it is new here: the highest one is the epoch now being written."""
    row = conn.execute("SELECT number FROM epochs WHERE epoch = ?", (epoch,)).fetchone()
    if row is None:
        (lowest,) = conn.execute("SELECT min(number) FROM epochs").fetchone()
        row = (min(lowest, 0) - 1,)
        conn.execute("INSERT INTO epochs (number, epoch) VALUES (?, ?)", (row[0], epoch))
    return int(row[0])


def _boot_number(conn: sqlite3.Connection, bootid: str) -> int:
    row = conn.execute("SELECT number FROM boots WHERE bootid = ?", (bootid,)).fetchone()
    if row is None:
        row = (conn.execute("INSERT INTO boots (bootid) VALUES (?)", (bootid,)).lastrowid,)
    return int(row[0])


def _load(conn: sqlite3.Connection, name: str) -> _Progress | None:
    row = conn.execute("SELECT shift, state FROM salvages WHERE file = ?", (name,)).fetchone()
    if row is None:
        return None
    state = json.loads(row[1])
    lost = {epoch: (last, gaps) for epoch, (last, gaps) in state.pop("lost").items()}
    return _Progress(file=name, shift=row[0], lost=lost, **state)


def _save(conn: sqlite3.Connection, progress: _Progress) -> None:
    state = {
        name: getattr(progress, name)
        for name in ("next", "high", "certain", "carried", "to_send", "unread", "barren", "lost")
    }
    conn.execute(
        "INSERT INTO salvages (file, shift, state) VALUES (?, ?, ?)"
        " ON CONFLICT (file) DO UPDATE SET state = excluded.state",
        (progress.file, progress.shift, json.dumps(state)),
    )
