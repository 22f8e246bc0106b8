"""The device's databases across an update: a copy before the new version touches them, and the way back.

The way back depends on what the version before can read. Migrations that only add leave everything as it is. Otherwise
the events are set aside like a damaged file: the version before begins a new epoch, so that no number is used twice,
and its salvage takes over what is in the file, those of the probation included. Where it could not even read the rows,
the copy takes the file's place in that. The people come from the copy, less those who were erased or revoked since.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from functools import partial
from pathlib import Path

from edge.errors import DataError, HardwareError
from edge.store.forward import applied_migrations, foreign
from edge.store.handles import folder, owner_of, replace
from edge.store.keys import sync_folder, write_new
from edge.store.plainfile import connect
from edge.store.roster_migrations import KNOWN
from edge.store.roster_schema import JOURNAL_SUFFIX, ROSTER_NAME
from edge.store.salvage import DONE
from edge.store.schema import EVENTS_NAME, NAMES
from edge.update.layout import translated

_WAIT_S = 10.0
_NEEDED = (  # what the salvage reads, see edge/store/oldfile.py
    "SELECT position, wall_us, mono_us, body FROM events LIMIT 1",
    "SELECT priority, position FROM outbox LIMIT 1",
)


def foreign_files(state_dir: Path) -> list[str]:
    """The databases that this version cannot use, since another one has migrated them. Raises DataError."""
    known = {EVENTS_NAME: NAMES, ROSTER_NAME: KNOWN}
    there = [name for name in known if (state_dir / name).exists()]
    return [name for name in there if foreign(applied_migrations(state_dir / name), known[name])]


def copy_all(state_dir: Path, folder: Path) -> None:
    """A consistent copy of each database, durable, beside a daemon that may be writing. Raises DataError,
    HardwareError where there is no room for it.
    """
    sources = [state_dir / name for name in (EVENTS_NAME, ROSTER_NAME) if (state_dir / name).exists()]
    with translated(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        needed = sum(_size(path) + _size(path.with_name(f"{path.name}-wal")) for path in sources) + (8 << 20)
        if shutil.disk_usage(folder).free < needed:
            raise HardwareError(
                f"{folder}: no room for a copy of the databases, {needed >> 20} MB are needed", hint="make room"
            )
        for path in sources:
            copy(path, folder / path.name)
        sync_folder(folder)


def copy(source: Path, target: Path) -> None:
    """One database, as it is at one moment; in one step, so that no writer makes it begin anew. Raises DataError."""
    try:
        with (
            contextlib.closing(connect(source, "ro", _WAIT_S)) as reading,
            contextlib.closing(sqlite3.connect(target)) as writing,
        ):
            writing.execute("PRAGMA synchronous = FULL")
            reading.backup(writing, pages=-1)
            writing.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    except sqlite3.Error as error:
        raise DataError(f"{source} cannot be copied: {error}", hint="is there room, and is it sound?") from error
    target.chmod(0o600)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def bring_back(names: list[str], state_dir: Path, copies: Path, stamp: str) -> list[str]:
    """Make the databases of these names usable for the version before. Nobody may have them open. `stamp`: like
    20261128T030000Z, the same whenever this is done again. Returns what somebody should know. Raises DataError,
    HardwareError.
    """
    told = []
    with translated(state_dir):
        if EVENTS_NAME in names:
            told.append(_set_events_aside(state_dir / EVENTS_NAME, copies / EVENTS_NAME, stamp))
        if ROSTER_NAME in names:
            told.append(_restore_roster(state_dir / ROSTER_NAME, copies / ROSTER_NAME))
        sync_folder(state_dir)
    return told


def _set_events_aside(path: Path, spare: Path, stamp: str) -> str:
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    if _legible(path):  # which also takes its log into the file
        path.replace(aside)
        return "the events were set aside and are being taken over"
    if spare.exists():
        _put(spare, aside.with_name(f"{aside.name}-2"))
    write_new(aside.with_name(aside.name + DONE), b"")  # so that nobody tries to read it
    path.replace(aside)
    return f"the events from before the update are being taken over; later ones stand in {aside.name}"


def _legible(path: Path) -> bool:
    try:
        with contextlib.closing(connect(path, "rw", _WAIT_S)) as conn:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            for query in _NEEDED:
                conn.execute(query).fetchall()
    except sqlite3.Error:
        return False
    return True


def _restore_roster(path: Path, spare: Path) -> str:
    if not spare.exists():
        raise DataError(f"{path}: there is no copy of it from before", hint="import an export of the people")
    fresh = path.with_name(f".{path.name}.restored")
    _put(spare, fresh)
    told = "the people are those from before the update"
    try:
        gone = take_away(path, fresh)
        told += f", less {gone} erased or revoked since" if gone else ""
    except sqlite3.Error:
        told += "; whoever was revoked since must be revoked again"
    path.with_name(path.name + JOURNAL_SUFFIX).unlink(missing_ok=True)  # of the file that goes
    fresh.replace(path)
    return told


def take_away(newer: Path, restored: Path) -> int:
    """Take out of the restored roster whom the newer one has no more, or has revoked; how many they were. What the
    zone had taken away stays known, so that it does not come back with the next roster either.
    """
    with contextlib.closing(connect(newer, "rw", _WAIT_S)) as other:
        still = {person for (person,) in other.execute("SELECT person FROM people WHERE NOT revoked")}
        columns = "mark, zone, version, gone, revoked"
        marks = other.execute(f"SELECT {columns} FROM zone_marks WHERE gone OR revoked").fetchall()
    with contextlib.closing(connect(restored, "rw", _WAIT_S)) as conn:
        conn.execute("PRAGMA secure_delete = ON")
        conn.execute("BEGIN IMMEDIATE")
        here = conn.execute("SELECT person FROM people WHERE NOT revoked").fetchall()
        taken = [(person,) for (person,) in here if person not in still]
        for table in ("templates", "people"):
            conn.executemany(f"DELETE FROM {table} WHERE person = ?", taken)
        conn.executemany(f"INSERT OR REPLACE INTO zone_marks ({columns}) VALUES (?, ?, ?, ?, ?)", marks)
        conn.commit()
        conn.execute("VACUUM")
    return len(taken)


def _put(source: Path, target: Path) -> None:
    """A copy for the daemon, durable, complete or not there."""
    with folder(target.parent) as within, source.open("rb") as reading:
        replace(target.name, within, owner_of(within), partial(shutil.copyfileobj, reading))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
