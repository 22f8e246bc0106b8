from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from people_samples import KEY, face, profile, template

from edge.clock import Now
from edge.errors import EdgeError
from edge.people.erase import ErasureIncompleteError, erase
from edge.store.keys import fingerprint
from edge.store.roster import Roster

NOW = Now(mono_s=1.0, wall_us=1_700_000_000_000_000, quality="unsynced")


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[Roster]:
    with Roster.open(tmp_path, create=True, key=KEY) as opened:
        for who in range(8):
            opened.add(profile(f"Person {who}"), [template(face(who, n)) for n in range(4)], 1)
        yield opened


def anybody(roster: Roster) -> str:
    return roster.people()[0][4].person


def test_a_person_is_gone_and_the_proof_says_so(roster: Roster) -> None:
    person = anybody(roster)
    key = roster.person_key(person)
    proof = erase(roster, person, NOW)
    assert proof.complete
    assert proof.person == person
    assert proof.time == "2023-11-14T22:13:20+00:00"
    assert proof.clock == "unsynced"
    assert proof.key_fingerprint == fingerprint(key)
    assert proof.found_before == proof.pieces > 30
    assert proof.found_after == 0
    assert proof.files == ("roster.db", "roster.db-journal")
    assert proof.bytes_searched == sum(file.stat().st_size for file in roster.path.parent.glob("roster.db*"))
    assert json.loads(json.dumps(proof.as_json()))["complete"] is True
    people, faults = roster.people()
    assert len(people) == 7
    assert not faults
    assert person not in {found.person for found in people}


def test_the_daemon_is_asked_to_erase_their_events_too(roster: Roster) -> None:
    person = anybody(roster)
    with pytest.raises(EdgeError):
        erase(roster, "nobody", NOW)
    assert not (roster.path.parent / "erasures").exists()
    erase(roster, person, NOW)
    assert [file.name for file in (roster.path.parent / "erasures").iterdir()] == [f"person-{person}"]


def test_the_others_stay_as_they_were(roster: Roster) -> None:
    person = anybody(roster)
    before = {found.person: found.profile for found in roster.people()[0] if found.person != person}
    erase(roster, person, NOW)
    assert {found.person: found.profile for found in roster.people()[0]} == before


def test_the_journal_held_the_key_before_and_does_not_after(roster: Roster) -> None:
    person = anybody(roster)
    wrapped = roster.sealed_parts(person)[0]
    roster.add_templates(person, [template(face(7, 9))], 9)
    journal = roster.path.with_name("roster.db-journal")
    roster.change(person, lambda old: old, 3)
    assert wrapped in journal.read_bytes()  # old pages stay in the journal, or this test tests nothing
    erase(roster, person, NOW)
    assert wrapped not in journal.read_bytes()


@pytest.mark.parametrize("part", [0, 1, 2], ids=["key", "profile", "template"])
@pytest.mark.parametrize("name", ["roster.db-wal", "roster.db.bak"])
def test_a_copy_beside_the_roster_fails_the_proof(roster: Roster, part: int, name: str) -> None:
    person = anybody(roster)
    blob = roster.sealed_parts(person)[part]
    roster.path.with_name(name).write_bytes(b"x" * 5 + blob[10:50] + b"y" * 5)  # a fragment is enough
    with pytest.raises(ErasureIncompleteError) as caught:
        erase(roster, person, NOW)
    proof = caught.value.proof
    assert not proof.complete
    assert proof.found_after > 0
    assert name in proof.files
    assert person not in {found.person for found in roster.people()[0]}


def test_a_copy_inside_the_roster_fails_the_proof(roster: Roster) -> None:
    person = anybody(roster)
    with closing(sqlite3.connect(roster.path)) as conn:
        conn.execute("CREATE TABLE kept AS SELECT wrapped_key FROM people WHERE person = ?", (person,))
        conn.commit()
    with pytest.raises(ErasureIncompleteError):
        erase(roster, person, NOW)


def test_the_id_alone_fails_the_proof(roster: Roster) -> None:
    person = anybody(roster)
    with closing(sqlite3.connect(roster.path)) as conn:
        conn.execute("INSERT INTO meta(name, value) VALUES ('seen', ?)", (person,))
        conn.commit()
    with pytest.raises(ErasureIncompleteError) as caught:
        erase(roster, person, NOW)
    assert caught.value.proof.found_after == 1


def test_without_overwriting_the_journal_there_is_no_proof(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    person = anybody(roster)
    monkeypatch.setattr("edge.store.roster_schema.scrub", lambda *_: None)
    with pytest.raises(ErasureIncompleteError):
        erase(roster, person, NOW)


def test_a_search_that_finds_nothing_beforehand_proves_nothing(roster: Roster) -> None:
    proof = erase(roster, anybody(roster), NOW)
    assert not replace(proof, found_before=0).complete
    assert not replace(proof, found_after=1).complete


def test_a_damaged_person_can_be_erased(roster: Roster) -> None:
    person = anybody(roster)
    with closing(sqlite3.connect(roster.path)) as conn:
        conn.execute("UPDATE people SET wrapped_key = randomblob(60) WHERE person = ?", (person,))
        conn.commit()
    proof = erase(roster, person, NOW)
    assert proof.complete
    assert proof.key_fingerprint == ""


def test_nobody_cannot_be_erased(roster: Roster) -> None:
    with pytest.raises(EdgeError, match="nobody"):
        erase(roster, "0" * 16, NOW)


def test_erasing_everybody_one_by_one(roster: Roster) -> None:
    for person in [found.person for found in roster.people()[0]]:
        assert erase(roster, person, NOW).complete
    assert roster.people() == ([], [])


def test_the_proof_says_nothing_of_who_it_was(roster: Roster) -> None:
    proof = erase(roster, anybody(roster), NOW)
    assert "Person" not in str(asdict(proof))
