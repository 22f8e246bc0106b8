from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from roster_samples import KEY, profile, template

from edge.errors import DataError, EdgeError, HardwareError
from edge.store import roster_schema
from edge.store.keys import DeviceKey
from edge.store.roster import Roster
from edge.store.roster_records import MAX_TEMPLATES
from edge.store.roster_schema import RosterBusyError
from edge.store.roster_seal import VERSION, Seals, seal_profile, seal_template


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[Roster]:
    with Roster.open(tmp_path, create=True, key=KEY) as opened:
        yield opened


def edit(roster: Roster, sql: str, values: tuple[object, ...] = ()) -> None:
    """What somebody with the file but not the key can do."""
    with closing(sqlite3.connect(roster.path)) as conn:
        conn.execute(sql, values)
        conn.commit()


def blob(roster: Roster, sql: str) -> bytes:
    with closing(sqlite3.connect(roster.path)) as conn:
        value: bytes = conn.execute(sql).fetchone()[0]
    return value


def test_what_was_enrolled_is_read_again(roster: Roster) -> None:
    given = profile(
        "林黛玉", groups=("residents",), schedules=("night",), valid_from=date(2026, 1, 2), valid_until=date(2027, 3, 4)
    )
    templates = [template(1), template(2, "net-b")]
    person = roster.add(given, templates, 77)
    (found,), faults = roster.people()
    assert not faults
    assert (found.person, found.profile, found.enrolled_us, found.changed_us) == (person, given, 77, 77)
    for read, wrote in zip(found.templates, templates, strict=True):
        assert (read.model, read.added_us) == (wrote.model, wrote.added_us)
        np.testing.assert_array_equal(read.vector, wrote.vector)


def test_nothing_personal_stands_in_clear(roster: Roster) -> None:
    given = profile("Lin Daiyu", groups=("residents",), schedules=("night",), valid_until=date(2027, 3, 4), note="dog")
    one = template(1)
    roster.add(given, [one], 77)
    roster.change(roster.people()[0][0].person, lambda old: replace(old, revoked_reason="moved out"), 78)
    content = b"".join(file.read_bytes() for file in roster.path.parent.iterdir())
    for word in (b"Lin", b"residents", b"night", b"2027-03", b"dog", b"moved", b"signed form", b"office"):
        assert word not in content
    assert one.vector.tobytes()[:8] not in content
    assert roster.path.stat().st_mode & 0o777 == 0o600


def test_ids_are_random(roster: Roster) -> None:
    ids = {roster.add(profile(), [], 1) for _ in range(20)}
    assert len(ids) == 20
    assert all(len(person) == 16 for person in ids)


def test_revoking_and_taking_it_back(roster: Roster) -> None:
    person = roster.add(profile(), [template(1)], 1)
    assert roster.change(person, lambda old: replace(old, revoked_reason="moved out"), 2).profile.revoked
    found = roster.get(person)
    assert (found.profile.revoked_reason, found.changed_us, len(found.templates)) == ("moved out", 2, 1)
    assert not roster.change(person, lambda old: replace(old, revoked_reason=""), 3).profile.revoked


def test_only_the_newest_templates_are_kept(roster: Roster) -> None:
    person = roster.add(profile(), [template(n, added_us=n) for n in range(7)], 1)
    roster.add_templates(person, [template(n, added_us=n) for n in range(7, 14)], 20)
    kept = roster.get(person).templates
    assert [one.added_us for one in kept] == list(range(4, 14))
    assert len(kept) == MAX_TEMPLATES


def test_an_unknown_id_is_said_to_be_unknown(roster: Roster) -> None:
    for act in (
        lambda: roster.get("0" * 16),
        lambda: roster.change("0" * 16, lambda old: old, 1),
        lambda: roster.add_templates("0" * 16, [], 9),
        lambda: roster.destroy("0" * 16),
        lambda: roster.sealed_parts("0" * 16),
        lambda: roster.person_key("0" * 16),
    ):
        with pytest.raises(EdgeError, match="nobody on this roster") as caught:
            act()
        assert caught.value.exit_code == 1


def test_a_failed_change_leaves_everything(roster: Roster) -> None:
    person = roster.add(profile(), [], 1)
    before = roster.revision()
    with pytest.raises(ZeroDivisionError):
        roster.change(person, lambda _: 1 // 0, 2)  # type: ignore[arg-type, return-value]
    assert roster.get(person).changed_us == 1
    assert roster.revision() == before


TAMPERING = {
    "flag": ("UPDATE people SET revoked = 0 WHERE person = ?", "profile"),
    "enrolled": ("UPDATE people SET enrolled_us = 9 WHERE person = ?", "profile"),
    "changed": ("UPDATE people SET changed_us = 9 WHERE person = ?", "profile"),
    "version": ("UPDATE people SET version = 2 WHERE person = ?", "key"),
    "key": ("UPDATE people SET wrapped_key = randomblob(60) WHERE person = ?", "key"),
    "short key": ("UPDATE people SET wrapped_key = x'' WHERE person = ?", "key"),
    "profile": ("UPDATE people SET profile = substr(profile, 2) WHERE person = ?", "profile"),
    "model": ("UPDATE templates SET model = 'net-b' WHERE person = ?", "template"),
    "added": ("UPDATE templates SET added_us = 6 WHERE person = ?", "template"),
    "name": ("UPDATE templates SET template = 'other' WHERE person = ?", "template"),
    "template": ("UPDATE templates SET sealed = zeroblob(92) WHERE person = ?", "template"),
    "others' key": (
        "UPDATE people SET wrapped_key ="
        " (SELECT wrapped_key FROM people p WHERE p.person != people.person) WHERE person = ?",
        "key",
    ),
    "others' key and profile": (
        "UPDATE people SET (wrapped_key, profile) ="
        " (SELECT wrapped_key, profile FROM people p WHERE p.person != people.person) WHERE person = ?",
        "key",
    ),
    "others' template": (
        "UPDATE templates SET (sealed, model, added_us) ="
        " (SELECT sealed, model, added_us FROM templates t WHERE t.person != templates.person) WHERE person = ?",
        "template",
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_skips_that_person_and_nobody_else(roster: Roster, name: str) -> None:
    victim = roster.add(profile("Victim", revoked_reason="left"), [template(1)], 1)
    other = roster.add(profile("Other"), [template(2)], 2)
    sql, part = TAMPERING[name]
    edit(roster, sql, (victim,))
    people, faults = roster.people()
    assert [person.person for person in people] == [other]
    assert [(fault.person, fault.what.split()[0]) for fault in faults] == [(victim, part)]
    with pytest.raises(DataError, match=part):
        roster.get(victim)
    roster.destroy(victim)
    assert roster.people()[1] == []


def test_templates_moved_to_another_person_are_refused(roster: Roster) -> None:
    one = roster.add(profile("One"), [template(1)], 1)
    other = roster.add(profile("Other"), [template(2)], 1)
    edit(roster, "UPDATE templates SET person = ? WHERE person = ?", (one, other))
    people, faults = roster.people()
    assert [person.person for person in people] == [other]
    assert people[0].templates == ()
    assert [fault.person for fault in faults] == [one]


def test_a_template_belongs_to_its_person_even_under_the_same_key() -> None:
    seals, one, other = Seals(KEY), "1" * 16, "2" * 16
    key, wrapped = seals.new_key(one)
    row = [one, VERSION, 1, 1, 0, wrapped, seal_profile(key, one, profile(), 1, 1)]
    mine, others = (seal_template(key, person, "t", template(1)) for person in (one, other))
    assert len(seals.open_person(row, [(one, "t", "net-a", 5, mine)]).templates) == 1
    with pytest.raises(DataError, match="template"):
        seals.open_person(row, [(one, "t", "net-a", 5, others)])


def test_an_id_damaged_in_the_file_is_that_persons_fault(roster: Roster) -> None:
    person = roster.add(profile(), [], 1)
    other = roster.add(profile(), [], 1)
    edit(roster, "UPDATE people SET person = CAST(x'FFFE' AS TEXT) WHERE person = ?", (person,))
    people, faults = roster.people()
    assert [found.person for found in people] == [other]
    assert [fault.person for fault in faults] == ["unreadable id"]


def test_every_flipped_byte_is_a_fault_or_an_error_and_never_another_person(tmp_path: Path) -> None:
    with Roster.open(tmp_path, create=True, key=KEY) as roster:
        for number in range(3):
            roster.add(profile(f"Person {number}"), [template(number)], number)
        good = {person.person: person.profile for person in roster.people()[0]}
        path = roster.path
    content = path.read_bytes()
    random = np.random.default_rng(3)
    damaged = 0
    for where in random.integers(0, len(content), 250):
        altered = bytearray(content)
        altered[where] ^= 1 << int(random.integers(8))
        path.write_bytes(altered)
        try:
            with Roster.open(tmp_path, key=KEY, read_only=True) as roster:
                people, faults = roster.people()
        except EdgeError:
            damaged += 1
            continue
        damaged += bool(faults)
        for person in people:
            assert good[person.person] == person.profile
    assert damaged > 10


def test_a_roster_of_another_device_is_told_from_a_damaged_one(roster: Roster) -> None:
    roster.add(profile(), [], 1)
    with pytest.raises(DataError, match="another device key"):
        Roster.open(roster.path.parent, key=DeviceKey(b"z" * 32))
    assert len(roster.people()[0]) == 1


@pytest.mark.parametrize("content", [b"", b"garbage", b"SQLite format 3\x00" + b"\xff" * 4096, b"\x00" * 8192])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_roster_is_refused_and_left(tmp_path: Path, content: bytes, read_only: bool) -> None:
    path = tmp_path / "roster.db"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Roster.open(tmp_path, create=True, key=KEY, read_only=read_only)
    assert "left as it is" in caught.value.hint
    assert path.read_bytes() == content


def test_another_database_is_refused_and_left(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "roster.db")) as conn:
        conn.execute("CREATE TABLE people(name TEXT)")
        conn.commit()
    before = (tmp_path / "roster.db").read_bytes()
    with pytest.raises(DataError, match="no roster"):
        Roster.open(tmp_path, create=True, key=KEY)
    assert (tmp_path / "roster.db").read_bytes() == before


def test_a_truncated_roster_is_damaged(roster: Roster, tmp_path: Path) -> None:
    for number in range(60):
        roster.add(profile(), [template(number)], 1)
    content = roster.path.read_bytes()
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "roster.db").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="damaged"), Roster.open(tmp_path / "cut", key=KEY, read_only=True) as cut:
        cut.people()


def test_a_newer_roster_is_not_touched(roster: Roster) -> None:
    edit(
        roster,
        "INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES ('roster', '9 more', 'x')",
    )
    with pytest.raises(DataError, match="newer version"):
        Roster.open(roster.path.parent, key=KEY)


def test_a_missing_roster_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no roster"):
        Roster.open(tmp_path, read_only=True)
    assert not list(tmp_path.iterdir())
    Roster.open(tmp_path, create=True, read_only=True).close()
    assert {"device.key", "roster.db"} <= {file.name for file in tmp_path.iterdir()}


def test_a_key_is_never_made_beside_a_roster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    Roster.open(tmp_path, create=True).close()
    (tmp_path / "device.key").unlink()
    with pytest.raises(HardwareError, match="device key is missing"):
        Roster.open(tmp_path, create=True)
    assert not (tmp_path / "device.key").exists()


def test_a_reader_cannot_write(roster: Roster) -> None:
    with Roster.open(roster.path.parent, key=KEY, read_only=True) as reader:
        with pytest.raises(EdgeError):
            reader.add(profile(), [], 1)
        assert reader.people() == ([], [])


def test_the_revision_tells_a_reader_of_every_change(roster: Roster) -> None:
    with Roster.open(roster.path.parent, key=KEY, read_only=True) as reader:
        seen = [reader.revision()]
        assert reader.revision() == seen[0]
        person = roster.add(profile(), [], 1)
        seen.append(reader.revision())
        roster.add_templates(person, [template(1)], 9)
        seen.append(reader.revision())
        roster.change(person, lambda old: replace(old, note="x"), 2)
        seen.append(reader.revision())
        roster.destroy(person)
        seen.append(reader.revision())
        assert len(set(seen)) == 5


def test_a_restored_file_is_noticed(roster: Roster, tmp_path: Path) -> None:
    before = roster.path.read_bytes()
    person = roster.add(profile(), [], 1)
    with Roster.open(roster.path.parent, key=KEY, read_only=True) as reader:
        seen = reader.revision()
        assert [found.person for found in reader.people()[0]] == [person]
        (tmp_path / "restored").write_bytes(before)
        (tmp_path / "restored").replace(roster.path)
        assert reader.revision() != seen
        assert reader.people() == ([], [])
        roster.path.unlink()
        with pytest.raises(DataError, match="there is no roster"):
            reader.revision()


def test_a_busy_roster_says_so(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_schema, "READER_WAIT_S", 0.01)
    with (
        closing(sqlite3.connect(roster.path, isolation_level=None)) as other,
        Roster.open(roster.path.parent, key=KEY, read_only=True) as reader,
    ):
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RosterBusyError):
            reader.people()
        other.execute("ROLLBACK")
        assert reader.people() == ([], [])


def test_two_writers_take_turns(roster: Roster) -> None:
    with Roster.open(roster.path.parent, key=KEY) as other:
        ids = {(roster if number % 2 else other).add(profile(), [], number) for number in range(10)}
        assert {person.person for person in roster.people()[0]} == ids


def test_the_settings_that_durability_and_erasure_rest_on(roster: Roster) -> None:
    ask = {
        name: roster._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete", "temp_store", "trusted_schema")
    }
    assert ask == {
        "journal_mode": "persist",
        "synchronous": 3,
        "secure_delete": 1,
        "temp_store": 2,
        "trusted_schema": 0,
    }


def test_importing_replaces_only_when_told(roster: Roster) -> None:
    person = roster.add(profile("Before"), [template(1)], 1)
    with pytest.raises(DataError, match="already"):
        roster.add(profile("After"), [], 2, person=person)
    assert roster.get(person).profile.name == "Before"
    roster.add(profile("After"), [template(2), template(3)], 2, person=person, replace=True)
    found = roster.get(person)
    assert (found.profile.name, len(found.templates)) == ("After", 2)
    with pytest.raises(DataError, match="hexadecimal"):
        roster.add(profile(), [], 1, person="../../etc")


def test_look_alikes_are_marked_with_whom_they_look_like_or_not_at_all(roster: Roster) -> None:
    holder = roster.add(profile("Holder", cards=("w26:17-12345",)), [], 1)
    with pytest.raises(DataError, match="card"):
        roster.add(profile("Double", cards=("w26:17-12345",)), [], 2, alike=[holder])
    with pytest.raises(EdgeError, match="nobody"):
        roster.add_templates("0" * 16, [template(1)], 2, alike=[holder])
    assert (roster.get(holder).profile.look_alike, roster.get(holder).changed_us) == (False, 1)
    double = roster.add(profile("Double"), [], 3, alike=[holder, "0" * 16])
    assert (roster.get(holder).profile.look_alike, roster.get(holder).changed_us) == (True, 3)
    roster.add_templates(double, [template(1)], 4, alike=[double, holder])
    assert (roster.get(double).profile.look_alike, roster.get(double).changed_us) == (True, 4)
    assert roster.get(holder).changed_us == 3


def test_who_is_damaged_is_not_marked_and_hinders_nobody(roster: Roster) -> None:
    damaged = roster.add(profile(), [], 1)
    edit(roster, "UPDATE people SET profile = zeroblob(60)")
    roster.add(profile("Double"), [], 2, alike=[damaged])
    assert [fault.person for fault in roster.people()[1]] == [damaged]


def test_an_interrupted_erasure_is_finished_by_the_next_open(
    roster: Roster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        roster.add(profile(), [template(number)], 1)
    person = roster.add(profile(), [template(9)], 1)
    key = roster.sealed_parts(person)[0]

    def cut(_db: object, _path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(roster_schema, "scrub", cut)
        with pytest.raises(KeyboardInterrupt):
            roster.destroy(person)
    assert len(roster.people()[0]) == 5
    journal = tmp_path / "roster.db-journal"
    assert key in journal.read_bytes()  # the page as it was before
    Roster.open(tmp_path, key=KEY).close()
    assert key not in journal.read_bytes()
    assert blob(roster, "SELECT value FROM meta WHERE name = 'scrub'") == "0"
