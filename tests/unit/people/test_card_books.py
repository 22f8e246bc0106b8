"""Whose card, number and PIN: the roster as the readers see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from people_samples import face, profile, template

from edge.events import AccessRule, Event, RosterChanged
from edge.people.books import make_books
from edge.people.gallery import LoadedGallery, load_gallery
from edge.people.watch import RosterWorker
from edge.store.pin_hash import hash_pin
from edge.store.roster import Roster
from edge.store.roster_records import Person, Profile
from edge.store.roster_zone import Changes, ZoneRoster

HASH, DURESS = hash_pin("4711"), hash_pin("8064")
CARD = "w26:17-12345"


def person(letter: str, **more: object) -> Person:
    return Person(letter * 16, profile(**more), 1, 1, ())


def test_everybodys_own() -> None:
    books = make_books(
        [
            person("a", cards=(CARD, "em:0400A1B2C3"), number="123", pin_hash=HASH, duress_hash=DURESS),
            person("b", number="124", pin_hash=HASH),
            person("c", pin_hash=HASH, revoked_reason="moved out", cards=("w26:1-1",)),
            person("d"),
        ]
    )
    assert books.cards == {CARD: "a" * 16, "em:0400A1B2C3": "a" * 16, "w26:1-1": "c" * 16}  # refused by the decision
    assert books.pins == {"a" * 16: (HASH, DURESS), "b" * 16: (HASH, "")}
    assert books.numbers == {"a" * 16: "123", "b" * 16: "124"}
    assert books.shared == 0
    assert HASH not in repr(books)


def test_what_is_two_peoples_is_nobodys() -> None:
    books = make_books([person("a", cards=(CARD,), number="123"), person("b", cards=(CARD, "w26:1-1"), number="123")])
    assert books.cards == {"w26:1-1": "b" * 16}
    assert books.numbers == {}
    assert books.shared == 2


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return tmp_path / "state"


def test_the_rules_carry_what_the_decision_needs(state: Path) -> None:
    with Roster.open(state, create=True) as roster:
        ann = roster.add(
            profile(number="123", cards=(CARD,), ways=("face", "card+pin"), look_alike=True, slow=True, pin_hash=HASH),
            [template(face(1))],
            1,
        )
        bob = roster.add(profile("Bob", cards=("w26:1-1",)), [], 1)
        loaded = load_gallery(roster, "net-a")
    assert loaded.rules[ann] == AccessRule(ann, ways=("face", "card+pin"), number="123", look_alike=True, slow=True)
    assert loaded.rules[bob] == AccessRule(bob)
    assert loaded.ids == (ann,)
    assert loaded.needs_renewal == ()  # Bob has no face to renew
    assert loaded.books.cards == {CARD: ann, "w26:1-1": bob}


def test_a_pair_that_came_from_a_zone_is_told_and_opens_for_neither(state: Path) -> None:
    """The roster itself refuses a second owner; what comes from a zone was put together elsewhere."""
    twins = {letter * 16: profile(letter, cards=(CARD,), number="123") for letter in "ab"}
    with ZoneRoster.open(state, create=True) as roster:
        travellers = [_traveller(name, one) for name, one in twins.items()]
        roster.change_zone(Changes("main", roster.revision(), put=travellers, version=5), 1)
    posted: list[Event] = []
    delivered: list[LoadedGallery] = []
    faults: list[tuple[str, ...]] = []

    def post(event: Event) -> bool:
        posted.append(event)
        return True

    worker = RosterWorker(state, "net-a", 32, delivered.append, post, lambda *told: faults.append(told), lambda _: None)
    worker.look()
    worker.stop()
    (changed,) = posted
    assert isinstance(changed, RosterChanged)
    assert {rule.number for rule in changed.people.values()} == {""}
    assert delivered[0].books.cards == {}
    assert faults[-1][2] == "2 cards or numbers are two people's, and open for neither"


def _traveller(name: str, one: Profile) -> object:
    from edge.store.roster_transfer import Traveller

    return Traveller(name, one, ())
