"""Nothing is kept for longer than it may be: what the daemon does not see to, and whether it sees to the rest.

The daemon forgets events by itself. Beside its database lie files of the same events and people: databases that were
damaged, and what a restore has set aside. Nobody who is erased lives on in them for longer than the longest time that
any event is kept for. And the daemon's own work is looked at from outside: the chain, and the age of what is delivered.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from edge.actions import Priority
from edge.backup.snapshot import ASIDE
from edge.clock import Now
from edge.config.schema import Store
from edge.errors import EdgeError, HardwareError
from edge.store.keys import sync_folder
from edge.store.reader import EventReader, NoStoreError
from edge.store.schema import EVENTS_NAME
from edge.store.selfcheck import check_own

ASIDE_DAYS = 30
"""What was there before a restore, for whoever finds that it was the wrong one."""
GRACE_DAYS = 2
"""The daemon goes through its events every six hours, and may have been off."""
_DAMAGED = re.compile(r"\.damaged-(\d{8}T\d{6}Z)")
_ASIDE = re.compile(re.escape(ASIDE) + r"(\d{8}T\d{6}Z)$")
_DAY_US = 86_400_000_000
_WAIT_S = 10.0
_OVERDUE = (
    "SELECT count(*) FROM events e LEFT JOIN outbox o ON o.priority = e.priority AND o.position = e.position"
    " WHERE o.position IS NULL AND e.priority = ? AND e.clock <> 'unsynced' AND e.wall_us < ?"
    " AND e.type <> 'storage.salvaged' AND e.position <> (SELECT max(position) FROM events)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """`removed`: the names of what went; `wrong`: what somebody should know; `events`: how many were verified."""

    removed: tuple[str, ...]
    wrong: tuple[str, ...]
    events: int


def look_after(store: Store, audience: str, now: Now) -> Found:
    """Remove what is too old beside the database, and look at the database. While the time is not known nothing is.

    Raises HardwareError where the disk does not let it.
    """
    wrong, removed = [], []
    if now.quality == "synced":
        for path in _too_old(store.state_dir, now.wall, store.keep_alarm_days):
            _remove(path)
            removed.append(path.name)
        wrong += _overdue(store, now)
    events = 0
    reader = EventReader(store.state_dir / EVENTS_NAME)
    try:
        verdict = check_own(reader, store.state_dir, audience)
        events = verdict.events
        if not verdict.holds:
            wrong.append("events are missing or altered; see: edge events verify")
    except NoStoreError:
        wrong.append("there is no database of events")
    except EdgeError as error:
        wrong.append(f"the events cannot be verified: {error.message}")
    finally:
        reader.close()
    return Found(tuple(removed), tuple(wrong), events)


def _too_old(state: Path, wall: datetime, damaged_days: int) -> Iterator[Path]:
    for path in sorted(state.iterdir()):
        aside, damaged = _ASIDE.fullmatch(path.name), _DAMAGED.search(path.name)
        if not (aside or damaged):
            continue
        stamp, days = (aside[1], ASIDE_DAYS) if aside else (damaged[1] if damaged else "", damaged_days)
        try:
            since = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:  # no date: somebody else's file
            continue
        if wall - since > timedelta(days=days):
            yield path


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be removed: {error.strerror}", hint="who owns it?") from error


def _overdue(store: Store, now: Now) -> list[str]:
    path = store.state_dir / EVENTS_NAME
    if not path.exists():
        return []
    keep = {
        Priority.ALARM: store.keep_alarm_days,
        Priority.ACCESS: store.keep_access_days,
        Priority.WASTE: store.keep_waste_days,
        Priority.TELEMETRY: store.keep_telemetry_days,
        Priority.PICTURE: store.keep_picture_days,
    }
    try:
        uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_S)) as conn:
            counts = {
                priority: conn.execute(
                    _OVERDUE, (int(priority), now.wall_us - (days + GRACE_DAYS) * _DAY_US)
                ).fetchone()[0]
                for priority, days in keep.items()
            }
    except sqlite3.Error as error:
        return [f"the age of the events cannot be read: {error}"]
    return [f"{n} events of {p.name.lower()} are older than {keep[p]} days" for p, n in counts.items() if n]
