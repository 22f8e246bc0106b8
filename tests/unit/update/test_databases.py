"""Real databases across an update: what the version before can read, and the way back where it cannot."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.errors import DataError, HardwareError
from edge.store.forward import foreign
from edge.store.keys import DeviceKey
from edge.store.roster import Roster
from edge.store.roster_migrations import KNOWN
from edge.store.roster_records import Consent, Profile, Template
from edge.store.roster_schema import ROSTER_NAME
from edge.store.schema import EVENTS_NAME, NAMES
from edge.update.databases import bring_back, copy, copy_all, foreign_files
from tests.unit.store.upkeep_bench import Yard

KEY = DeviceKey(bytes(range(32)))
STAMP = "20261128T030000Z"
ADDING = (
    "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('events', 'm003_moods_adds', 'x')",
    "CREATE TABLE moods (number INTEGER PRIMARY KEY) STRICT",
    "ALTER TABLE events ADD COLUMN mood TEXT",
    "CREATE INDEX by_mood ON events (mood) WHERE mood IS NOT NULL",
)
TURNING = (
    "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('events', 'm003_turns', 'x')",
    "ALTER TABLE events ADD COLUMN mood TEXT NOT NULL DEFAULT 'good'",
)
RUINING = (*TURNING, "ALTER TABLE events RENAME TO happenings")


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as conn:
        for statement in statements:
            conn.execute(statement)
        conn.commit()


def bodies(yard: Yard) -> list[bytes]:
    return [bytes(body) for (body,) in yard.conn.execute("SELECT body FROM events ORDER BY position")]


def test_every_migration_that_there_is_is_known_and_a_later_one_is_not() -> None:
    assert foreign(NAMES, NAMES) == foreign(KNOWN, KNOWN) == []
    assert foreign([*NAMES, "m003_moods_adds"], NAMES) == []
    assert foreign([*NAMES, "m003_moods"], NAMES) == ["m003_moods"]


def test_the_version_before_works_with_a_file_to_which_something_was_added(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.store(5)
    yard.ledger.close()
    change(yard.path, *ADDING)
    assert foreign_files(tmp_path) == []
    yard.open()  # which brings it up to date, were there anything to do
    yard.store(3)
    assert len(bodies(yard)) == 10
    yard.deliver()
    yard.ledger.close()
    with closing(sqlite3.connect(yard.path)) as conn:
        names = [name for (name,) in conn.execute("SELECT name FROM _sqlite_migrations")]
    assert "m003_moods_adds" in names  # so that the newer version, when it comes again, has nothing to do


@pytest.mark.parametrize(("statements", "after"), [(TURNING, 3), (RUINING, 0)], ids=["legible", "illegible"])
def test_events_that_it_cannot_use_are_taken_over_and_no_number_is_used_twice(
    tmp_path: Path, statements: tuple[str, ...], after: int
) -> None:
    yard = Yard(tmp_path)
    yard.store(20)
    yard.deliver()
    yard.store(4)
    before, first_epoch = bodies(yard), yard.ledger.epoch
    copy_all(tmp_path, tmp_path / "copies")  # beside the one that writes
    yard.store(3)
    during = bodies(yard)
    yard.ledger.close()
    change(yard.path, *statements)
    assert foreign_files(tmp_path) == [EVENTS_NAME]
    (told,) = bring_back([EVENTS_NAME], tmp_path, tmp_path / "copies", STAMP)
    assert "taken over" in told
    assert bring_back([], tmp_path, tmp_path / "copies", STAMP) == []
    again = Yard(tmp_path)
    again.rest()
    assert again.ledger.epoch != first_epoch
    kept = bodies(again)
    assert [body for body in kept if body in during] == (during if after else before)
    unsent = "SELECT e.body FROM outbox o JOIN events e ON e.position = o.position"
    waiting = {bytes(body) for (body,) in again.conn.execute(unsent)}
    assert set(before[-4:]) <= waiting and not waiting & set(before[1:20])
    again.ledger.close()
    names = [
        path.name for path in tmp_path.glob("events.db.damaged-*") if not path.name.endswith((".salvaged", "-shm"))
    ]
    assert f"events.db.damaged-{STAMP}" in names


def person(name: str, seed: int) -> tuple[Profile, list[Template]]:
    vector = np.random.default_rng(seed).standard_normal(16).astype(np.float32)
    unit = vector / np.float32(np.linalg.norm(vector))
    return Profile(name, Consent("form", "edge-1", "office", 1_000)), [Template("net-a", unit, 5)]


def test_nobody_who_was_revoked_or_erased_comes_back_with_the_copy(tmp_path: Path) -> None:
    with Roster.open(tmp_path, create=True, key=KEY) as roster:
        stays, revoked, erased = (roster.add(*person(name, seed), seed) for seed, name in enumerate(("A", "B", "C")))
        copy_all(tmp_path, tmp_path / "copies")
        roster.change(revoked, lambda old: replace(old, revoked_reason="moved out"), 78)
        roster.destroy(erased)
        roster.add(*person("D", 9), 79)
    change(
        tmp_path / ROSTER_NAME,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('roster', '3 turns', 'x')",
    )
    assert foreign_files(tmp_path) == [ROSTER_NAME]
    with pytest.raises(DataError, match="newer version"):
        Roster.open(tmp_path, key=KEY)
    (told,) = bring_back([ROSTER_NAME], tmp_path, tmp_path / "copies", STAMP)
    assert "less 2 erased or revoked since" in told
    with Roster.open(tmp_path, key=KEY) as roster:
        people, faults = roster.people()
        assert ([one.person for one in people], faults) == ([stays], [])
        roster.add(*person("E", 11), 80)  # and it can be written
    assert erased.encode() not in (tmp_path / ROSTER_NAME).read_bytes()


def test_a_roster_to_which_something_was_added_opens(tmp_path: Path) -> None:
    with Roster.open(tmp_path, create=True, key=KEY) as roster:
        roster.add(*person("A", 1), 1)
    change(
        tmp_path / ROSTER_NAME,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('roster', '3 cards_adds', 'x')",
        "CREATE TABLE cards (card TEXT PRIMARY KEY) STRICT",
        "ALTER TABLE people ADD COLUMN mood TEXT",
    )
    with Roster.open(tmp_path, key=KEY) as roster:
        roster.add(*person("B", 2), 2)
        assert len(roster.people()[0]) == 2


def test_a_roster_that_cannot_be_compared_comes_back_and_says_so(tmp_path: Path) -> None:
    with Roster.open(tmp_path, create=True, key=KEY) as roster:
        roster.add(*person("A", 1), 1)
        copy_all(tmp_path, tmp_path / "copies")
    change(tmp_path / ROSTER_NAME, "ALTER TABLE people RENAME TO residents")
    (told,) = bring_back([ROSTER_NAME], tmp_path, tmp_path / "copies", STAMP)
    assert "must be revoked again" in told
    with Roster.open(tmp_path, key=KEY) as roster:
        assert len(roster.people()[0]) == 1


def test_without_a_copy_the_roster_stays_and_somebody_is_told(tmp_path: Path) -> None:
    with Roster.open(tmp_path, create=True, key=KEY):
        pass
    with pytest.raises(DataError, match="no copy"):
        bring_back([ROSTER_NAME], tmp_path, tmp_path / "copies", STAMP)
    assert (tmp_path / ROSTER_NAME).exists()


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / EVENTS_NAME).write_bytes(b"garbage " * 1000)
    with pytest.raises(DataError):
        copy(tmp_path / EVENTS_NAME, tmp_path / "copy")
    with pytest.raises(DataError):
        foreign_files(tmp_path)


def test_a_copy_needs_room_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Yard(tmp_path).ledger.close()
    monkeypatch.setattr("edge.update.databases.shutil.disk_usage", lambda _path: type("", (), {"free": 1 << 20}))
    with pytest.raises(HardwareError, match="no room"):
        copy_all(tmp_path, tmp_path / "copies")
