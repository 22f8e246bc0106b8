from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge import tokens
from edge.clock import Now
from edge.errors import DataError, HardwareError, UsageError
from edge.people.erase import erase
from edge.people.gallery import load_gallery
from edge.people.sync import REASON
from edge.people.sync_message import MOST_BYTES, TOKEN, Part, new_content_key, read_claims, seal_record
from edge.people.sync_office import Signer, messages, next_edition, whole
from edge.people.sync_published import Published, published_file, read_published, write_published
from edge.store.identity import sealing_key
from edge.store.pin_hash import hash_pin
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Fault, Profile
from edge.store.roster_schema import RosterBusyError
from edge.store.roster_transfer import Traveller
from edge.store.roster_zone import HELD, Mark, ZoneRoster
from tests.zone_samples import (
    CONSENT,
    OFFICE_KEY,
    SIGNING,
    SITE,
    ZONE,
    Gate,
    Office,
    close_all,
    device_key,
    in_memory,
    picture,
    profile,
)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = in_memory()
    yield made
    close_all()
    shutil.rmtree(made)


@pytest.fixture
def office(folder: Path) -> Office:
    return Office(folder / "office", ["gate-a", "gate-b"])


@pytest.fixture
def gate(folder: Path) -> Gate:
    return Gate(folder / "gate-a")


def claims_of(message: bytes) -> dict[str, object]:
    _, claims = tokens.verify(message, TOKEN, {"ann": SIGNING.public_key()}, MOST_BYTES)
    return claims


def test_a_roster_arrives_whole_then_by_differences(office: Office, gate: Gate) -> None:
    one, two = office.enrol(1), office.enrol(2)
    assert gate.take_all(office.publish())[0].complete
    assert gate.profiles() == office.profiles()
    for mine, theirs in zip(gate.roster.people()[0], office.roster.people()[0], strict=True):
        assert [a.vector.tobytes() for a in mine.templates] == [b.vector.tobytes() for b in theirs.templates]
    office.change(one, name="Somebody else")
    office.roster.destroy(two)
    three = office.enrol(3)
    sent = office.publish()
    assert claims_of(sent[0])["base"] != 0
    taken = gate.take(sent[0])
    assert (taken.complete, taken.changed, taken.removed) == (True, 2, 1)
    assert gate.profiles() == office.profiles()
    assert set(gate.profiles()) == {one, three}
    assert not gate.follower.behind
    assert not gate.take(sent[1]).effect


def test_cards_pins_and_ways_arrive_too_and_go_again(office: Office, gate: Gate) -> None:
    own = {"cards": ("w26:17-12345",), "number": "1204", "pin_hash": hash_pin("4711"), "ways": ("card+pin",)}
    one = office.enrol(1, look_alike=True, slow=True, **own)
    gate.take_all(office.publish())
    assert gate.profiles() == office.profiles()
    assert load_gallery(gate.roster, "net-a").books.cards == {"w26:17-12345": one}
    office.change(one, cards=(), pin_hash="")
    gate.take_all(office.publish())
    assert gate.profiles()[one].cards == ()
    books = load_gallery(gate.roster, "net-a").books
    assert (books.cards, books.pins, books.numbers) == ({}, {}, {one: "1204"})


def test_nothing_new_is_no_version(office: Office, gate: Gate) -> None:
    office.enrol(1)
    gate.take_all(office.publish())
    before = office.published
    assert len(office.publish()) == 1
    assert office.published == before
    revision = gate.roster.revision()
    gate.take_all(office.all_of_it())
    gate.take(office.retained())
    assert gate.roster.revision() == revision  # the gallery is not read again


def test_templates_alone_are_a_change(office: Office, gate: Gate) -> None:
    person = office.enrol(1)
    gate.take_all(office.publish())
    office.roster.add_templates(person, [picture(1, 7)], 9)
    office.now_s += 1
    gate.take_all(office.publish())
    assert len(gate.roster.get(person).templates) == 4


def test_a_missed_difference_is_asked_for(office: Office, gate: Gate) -> None:
    gate.take_all(office.publish())
    one = office.enrol(1)
    missed = office.publish()
    office.enrol(2)
    gate.take_all(office.publish())
    assert gate.follower.behind
    assert gate.profiles() == {}
    gate.take_all(missed)  # late, but the difference to what is here
    assert set(gate.profiles()) == {one}
    assert gate.follower.behind
    gate.take_all(office.all_of_it())
    assert gate.profiles() == office.profiles()
    assert not gate.follower.behind


def test_a_revocation_does_not_wait(office: Office, gate: Gate) -> None:
    person = office.enrol(1)
    gate.take_all(office.publish())
    office.enrol(2)
    office.publish()  # never arrives
    office.change(person, revoked_reason="lost trust")
    taken = gate.take(office.publish()[0])
    assert (taken.revoked, taken.complete) == (1, False)
    assert gate.profiles()[person].revoked_reason == REASON
    gate.take_all(office.all_of_it())
    assert gate.profiles()[person].revoked_reason == "lost trust"


def test_what_is_retained_tells_of_every_revocation_and_removal(office: Office, gate: Gate) -> None:
    one, two, three = (office.enrol(who) for who in (1, 2, 3))
    gate.take_all(office.publish())
    office.change(one, revoked_reason="x")
    office.publish()
    office.roster.destroy(two)
    office.publish()
    office.enrol(4)
    office.publish()
    taken = gate.take(office.retained())
    assert (taken.revoked, taken.removed) == (1, 1)
    assert {person: found.revoked for person, found in gate.profiles().items()} == {one: True, three: False}
    assert gate.follower.behind


def test_an_older_record_brings_nobody_back(office: Office, gate: Gate) -> None:
    gate.take_all(office.publish())
    one, two = office.enrol(1), office.enrol(2)
    late = office.publish()[0]
    office.change(one, revoked_reason="x")
    office.roster.destroy(two)
    gate.take(office.publish()[0])
    gate.take(late)
    assert {person: found.revoked for person, found in gate.profiles().items()} == {one: True}
    office.change(one, revoked_reason="")
    office.publish()
    gate.take_all(office.all_of_it())
    assert not gate.profiles()[one].revoked


def test_parts_come_in_any_order_and_twice(folder: Path, office: Office, gate: Gate) -> None:
    for who in range(240):
        office.enrol(who)
    sent = office.publish()[:-1]
    assert len(sent) > 2
    assert all(len(message) <= MOST_BYTES for message in sent)
    backwards = [*sent[::-1], sent[0]]
    for message in backwards[: len(sent) - 1]:
        assert not gate.take(message).complete
        gate.take(message)
    assert gate.take(sent[0]).complete
    assert gate.profiles() == office.profiles()
    restarted = Gate(folder / "gate-b", "gate-b")
    restarted.take_all(sent[:1])
    restarted.restart()  # which of the parts have come is forgotten, what was in them is not
    assert not restarted.take_all(sent[1:])[-1].complete
    assert restarted.profiles() == office.profiles()
    taken = restarted.take_all(sent)
    assert sum(one.changed for one in taken) == 0
    assert not restarted.follower.behind


def test_who_was_enrolled_at_the_gate_stays(office: Office, gate: Gate) -> None:
    local = gate.roster.add(profile("Local"), [picture(9)], 1)
    one = office.enrol(1)
    gate.take_all(office.publish())
    office.roster.destroy(one)
    office.publish()
    gate.take_all(office.all_of_it())
    assert set(gate.profiles()) == {local}


def test_revoking_in_the_zone_revokes_the_same_id_anywhere(office: Office, gate: Gate) -> None:
    person = office.enrol(1)
    gate.roster.add(profile("At the gate"), [picture(1)], 1, person=person)
    gate.take(office.publish()[1])  # only what is retained
    assert not gate.profiles()[person].revoked
    office.change(person, revoked_reason="x")
    gate.take(office.publish()[1])
    assert gate.profiles()[person].revoked


def test_what_was_revoked_at_the_gate_stays_so_until_the_office_says_it_too(office: Office, gate: Gate) -> None:
    person = office.enrol(1)
    gate.take_all(office.publish())
    gate.roster.change(person, lambda old: replace(old, revoked_reason="here"), 2)
    office.change(person, note="changed")
    gate.take_all(office.publish())
    assert gate.profiles()[person].revoked
    office.change(person, note="again")
    gate.take_all(office.publish())
    assert gate.profiles()[person].revoked
    office.change(person, revoked_reason="the office too")
    gate.take_all(office.publish())
    office.change(person, revoked_reason="")
    gate.take_all(office.publish())
    assert not gate.profiles()[person].revoked


def test_a_revocation_that_was_taken_back_at_the_gate_is_over(office: Office, gate: Gate) -> None:
    person = office.enrol(1)
    gate.take_all(office.publish())
    gate.roster.change(person, lambda old: replace(old, revoked_reason="here"), 2)
    office.change(person, note="changed")
    gate.take_all(office.publish())
    gate.roster.change(person, lambda old: replace(old, revoked_reason=""), 3)
    office.change(person, note="again")
    gate.take_all(office.publish())
    assert not gate.profiles()[person].revoked


def test_a_revocation_at_the_gate_in_the_same_moment_is_not_lost(
    office: Office, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = office.enrol(1)
    gate.take_all(office.publish())
    office.change(person, note="changed")
    sent = office.publish()
    marks = gate.roster.marks

    def meanwhile(people: list[str]) -> dict[str, Mark]:
        found = marks(people)
        with Roster.open(gate.roster.path.parent, key=gate.key) as other:
            other.change(person, lambda old: replace(old, revoked_reason="here"), 2)
        return found

    monkeypatch.setattr(gate.roster, "marks", meanwhile)
    with pytest.raises(RosterBusyError, match="meanwhile"):
        gate.take(sent[0])
    monkeypatch.undo()
    assert gate.take(sent[0]).complete
    assert gate.profiles()[person].revoked


def test_who_was_erased_at_the_gate_stays_erased_and_the_proof_holds(office: Office, gate: Gate) -> None:
    person = office.enrol(1)
    gate.take_all(office.publish())
    assert erase(gate.roster, person, Now(0.0, 5)).complete
    office.change(person, note="changed")
    gate.take_all(office.publish())
    gate.take_all(office.all_of_it())
    assert gate.profiles() == {}
    assert person.encode() not in b"".join(file.read_bytes() for file in gate.roster.path.parent.glob("roster.db*"))


def test_a_command_can_hold_somebody_who_has_not_come_yet(office: Office, gate: Gate) -> None:
    one, two = office.enrol(1), office.enrol(2)
    gate.roster.hold(one, ZONE)
    gate.roster.hold(two, ZONE, removed=True)
    gate.take_all(office.publish())
    assert {person: found.revoked for person, found in gate.profiles().items()} == {one: True}
    assert gate.roster.marks([one, two]) == {
        one: Mark(ZONE, version=office.published.version, revoked=HELD),
        two: Mark(ZONE, gone=HELD),
    }


def test_marks_are_dropped_when_they_are_needless(office: Office, gate: Gate) -> None:
    for number in range(5):
        office.roster.destroy(office.enrol(number)) if number else office.enrol(0)
        office.publish()
    people = [office.enrol(who) for who in range(10, 20)]
    office.publish()
    for person in people:
        office.roster.destroy(person)
    office.publish()
    gate.take(office.retained())
    assert len(gate.roster.marks(people)) == 10
    gate.take_all(office.all_of_it())
    assert gate.roster.marks(people) == {}


def test_a_gate_that_moves_to_another_zone_leaves_the_people_of_the_first(folder: Path, gate: Gate) -> None:
    here, there = Office(folder / "office", ["gate-a"]), Office(folder / "there", ["gate-a"])
    here.enrol(1)
    gate.take_all(here.publish())
    local = gate.roster.add(profile("Local"), [], 1)
    gate.follower._zone = "east"
    person = there.enrol(2)
    people, _ = there.roster.people()
    edition = next_edition(Published(), people, [], OFFICE_KEY, 50)
    gate.take_all(list(messages("east", edition, people, there.signer, 50)))
    assert set(gate.profiles()) == {local, person}


def test_another_zones_messages_are_refused(office: Office, gate: Gate) -> None:
    people, _ = office.roster.people()
    (message,) = messages("east", next_edition(Published(), people, [], OFFICE_KEY, 50), people, office.signer, 50)
    assert gate.take(message).refused == ("zone",)


def test_nothing_readable_travels(office: Office) -> None:
    office.enrol(1, groups=("residents",), note="has a dog")
    (found,), _ = office.roster.people()
    for message in office.publish():
        claims = json.dumps(claims_of(message)).encode()
        sealed = b"".join(base64.b64decode(one["sealed"]) for one in claims_of(message)["changed"])  # type: ignore[attr-defined]
        vector = found.templates[0].vector.tobytes()
        for content in (message, claims, sealed):
            for word in (
                b"Person",
                b"residents",
                b"has a dog",
                b"signed form",
                vector[:8],
                base64.b64encode(vector)[:12],
            ):
                assert word not in content


def test_a_foreign_device_cannot_open(folder: Path, office: Office) -> None:
    office.enrol(1)
    stranger = Gate(folder / "stranger", "stranger")
    sent = office.publish()
    assert stranger.take(sent[0]).refused == ("not_addressed",)
    claims = claims_of(sent[0])
    claims["keys"]["stranger"] = claims["keys"]["gate-a"]  # type: ignore[index]
    taken = stranger.follower.take(stranger.roster, read_claims(claims, SITE), 1)
    assert taken.refused == ("not_addressed",)
    assert stranger.profiles() == {}
    assert stranger.follower.behind


def test_records_cannot_be_exchanged(office: Office, gate: Gate) -> None:
    office.enrol(1), office.enrol(2)
    claims = claims_of(office.publish()[0])
    one, two = claims["changed"]  # type: ignore[misc]
    one["sealed"], two["sealed"] = two["sealed"], one["sealed"]  # type: ignore[has-type]
    assert gate.follower.take(gate.roster, read_claims(claims, SITE), 1).refused == ("record", "record")
    assert gate.profiles() == {}


def test_a_record_is_bound_to_its_version(office: Office, gate: Gate) -> None:
    office.enrol(1)
    claims = claims_of(office.publish()[0])
    claims["changed"][0]["version"] -= 1  # type: ignore[index]
    assert gate.follower.take(gate.roster, read_claims(claims, SITE), 1).refused == ("record",)


def test_who_is_removed_leaves_nothing_behind(office: Office, gate: Gate) -> None:
    person = office.enrol(1)
    office.enrol(2)
    gate.take_all(office.publish())
    pieces = [part[at : at + 16] for part in gate.roster.sealed_parts(person) for at in range(0, len(part) - 15, 16)]

    def found() -> int:
        content = b"".join(file.read_bytes() for file in gate.roster.path.parent.glob("roster.db*"))
        return sum(piece in content for piece in (*pieces, person.encode()))

    assert found() > 0
    office.roster.destroy(person)
    gate.take_all(office.publish())
    assert found() == 0
    assert [file.name for file in (gate.roster.path.parent / "erasures").iterdir()] == [f"person-{person}"]


def test_an_older_whole_roster_in_between_does_not_begin_anew(office: Office, gate: Gate) -> None:
    for who in range(150):
        office.enrol(who)
    older = office.publish()[:-1]
    office.enrol(150)
    difference = office.publish()[0]
    newer = office.all_of_it()
    assert len(older) == len(newer) == 2
    gate.take_all([newer[0], older[0], difference, older[1]])
    assert gate.take(newer[1]).complete
    assert gate.profiles() == office.profiles()


def test_a_late_word_against_somebody_does_not_undo_a_newer_record(office: Office, gate: Gate) -> None:
    person = office.enrol(0)
    gate.take_all(office.publish())
    for who in range(1, 150):
        office.enrol(who)
    office.publish()  # never arrives
    office.change(person, revoked_reason="x")
    late = office.publish()[0]
    office.change(person, revoked_reason="")
    office.publish()
    sent = office.all_of_it()
    assert len(sent) == 2
    gate.take(next(one for one in sent if f'"{person}"' in json.dumps(claims_of(one))))
    assert not gate.take(late).revoked
    gate.take_all(sent)
    assert gate.profiles() == office.profiles()


def without_consent(how: str) -> Traveller:
    consent = Consent("signed", "edge-1", "office", 0)
    return Traveller("a" * 16, Profile("Nobody asked", consent if how == "time" else CONSENT), ())


@pytest.mark.parametrize("how", ["time", "words", "all"])
def test_without_a_recorded_consent_nothing_is_taken(gate: Gate, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    key, keys = new_content_key(ZONE, 5, {"gate-a": sealing_key(device_key("gate-a")).public_key()})

    def stripped(traveller: Traveller) -> dict[str, object]:
        told = original(traveller)
        if how == "words":
            told["profile"]["consent"]["statement"] = ""
        elif how == "all":
            del told["profile"]["consent"]
        return told

    from edge.people import sync_message

    original = sync_message.person_to_json
    monkeypatch.setattr(sync_message, "person_to_json", stripped)
    entry = seal_record(key, ZONE, 5, without_consent(how))
    taken = gate.follower.take(gate.roster, Part(ZONE, 5, 0, changed=(entry,), keys=keys), 1)
    assert taken.refused == ("consent" if how == "time" else "record",)
    assert gate.profiles() == {}


def test_without_a_recorded_consent_nothing_is_sent_and_a_withdrawn_one_removes(office: Office, gate: Gate) -> None:
    person = office.enrol(1)
    gate.take_all(office.publish())
    office.change(person, consent=Consent("withdrawn", "edge-1", "office", 0))
    sent = office.publish()
    assert claims_of(sent[0])["removed"] == [person]
    gate.take_all(sent)
    assert gate.profiles() == {}


def test_who_cannot_be_read_at_the_office_stays_at_the_gates(office: Office, gate: Gate) -> None:
    one, two = office.enrol(1), office.enrol(2)
    gate.take_all(office.publish())
    people, _ = office.roster.people()
    readable = [person for person in people if person.person != one]
    edition = next_edition(office.published, readable, [Fault(one, "damaged")], OFFICE_KEY, 9000)
    assert not edition.news
    sent = list(messages(ZONE, whole(replace(edition.published, version=9001)), readable, office.signer, 1))
    gate.take_all(sent)
    assert set(gate.profiles()) == {one, two}
    assert not gate.follower.behind


def test_versions_grow_also_where_the_file_was_lost(office: Office, gate: Gate) -> None:
    office.enrol(1)
    gate.take_all(office.publish())
    published_file(office.folder, ZONE).unlink()
    office.now_s += 100
    gate.take_all(office.publish())
    assert gate.follower.have == office.now_s
    office.now_s -= 50
    office.enrol(2)
    gate.take_all(office.publish())
    assert gate.profiles() == office.profiles()


def test_what_was_published_is_read_as_written(tmp_path: Path, office: Office) -> None:
    office.enrol(1, revoked_reason="x")
    office.publish()
    path = published_file(tmp_path, ZONE)
    write_published(path, office.published)
    assert read_published(path) == office.published
    assert b"Person" not in path.read_bytes()
    for content in (b"", b"{}", b"[]", path.read_bytes()[:-3]):
        path.write_bytes(content)
        with pytest.raises(DataError, match="damaged"):
            read_published(path)
    with pytest.raises(HardwareError):
        write_published(tmp_path / "zones" / "main.json" / "x.json", Published())


def test_what_does_not_fit_into_a_message_is_told(office: Office) -> None:
    office.enrol(1)
    people, _ = office.roster.people()
    edition = next_edition(Published(), people, [], OFFICE_KEY, 1)
    public = sealing_key(device_key("x")).public_key()
    crowd = Signer("ann", SIGNING, SITE, {f"gate-{number}": public for number in range(1000)})
    with pytest.raises(UsageError, match="too many"):
        list(messages(ZONE, edition, people, crowd, 1))


GOOD = Part(ZONE, 5, 3, 1, 2, removed=("a" * 16,), revoked=("b" * 16,)).claims(f"{SITE}/{ZONE}", 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 0},
        {"version": True},
        {"version": "5"},
        {"base": 6},
        {"base": -1},
        {"part": 3},
        {"part": 0},
        {"parts": 10**6},
        {"zone": None},
        {"aud": f"elsewhere/{ZONE}"},
        {"aud": None},
        {"keys": []},
        {"keys": {"a": 1}},
        {"changed": {}},
        {"changed": [1]},
        {"changed": [{"person": "a" * 16, "version": 6}]},
        {"changed": [{"person": "A" * 16, "version": 1}]},
        {"changed": [{"person": "a" * 16, "version": 1, "sealed": 1}]},
        {"removed": ["x"]},
        {"revoked": None},
    ],
)
def test_a_part_out_of_bounds_is_refused(wrong: dict[str, object]) -> None:
    assert read_claims(GOOD, SITE).claims(f"{SITE}/{ZONE}", 1) == GOOD
    with pytest.raises(DataError):
        read_claims({**GOOD, **wrong}, SITE)


def test_a_roster_of_the_first_format_is_brought_up_to_date(folder: Path) -> None:
    with Roster.open(folder, create=True, key=device_key("gate-a")) as roster:
        person = roster.add(profile(), [picture(1)], 1)
    with closing(sqlite3.connect(folder / "roster.db")) as conn:
        conn.executescript(
            "DROP TABLE zones; DROP TABLE zone_marks; DELETE FROM _sqlite_migrations WHERE name LIKE '2 %'"
        )
    with ZoneRoster.open(folder, key=device_key("gate-a"), read_only=True) as zone:
        assert zone.version(ZONE) == 0
        assert set(zone.here()) == {person}
        assert len(zone.get(person).templates) == 1


def test_a_damaged_record_is_revoked_by_going(office: Office, gate: Gate) -> None:
    person = office.enrol(1)
    gate.take_all(office.publish())
    with closing(sqlite3.connect(gate.roster.path)) as conn:
        conn.execute("UPDATE people SET profile = zeroblob(80)")
        conn.commit()
    office.change(person, revoked_reason="x")
    office.enrol(2)
    gate.take(office.publish()[1])
    assert gate.profiles() == {}
    gate.take_all(office.all_of_it())
    assert gate.profiles() == office.profiles()
