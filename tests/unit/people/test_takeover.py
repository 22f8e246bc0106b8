"""People from another device are compared with everybody who is here, and nobody is kept out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from people_samples import DIMENSION, KEY, LIMITS, between, face, profile, template, unit

from edge.errors import DataError
from edge.people.alike import KnownFaces
from edge.people.takeover import TakenOver, take_over
from edge.store.roster import Roster
from edge.store.roster_records import Profile, Vector, new_id
from edge.store.roster_transfer import Traveller


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[Roster]:
    with Roster.open(tmp_path, create=True, key=KEY) as opened:
        yield opened


def known(roster: Roster) -> KnownFaces:
    return KnownFaces(roster, "net-a", lambda _: LIMITS)


def traveller(vector: Vector | None, model: str = "net-a", who: Profile | None = None, person: str = "") -> Traveller:
    templates = () if vector is None else (template(vector, model),)
    return Traveller(person or new_id(), who or profile("Traveller"), templates)


def marked(roster: Roster) -> dict[str, bool]:
    return {person.person: person.profile.look_alike for person in roster.people()[0]}


@pytest.mark.parametrize(("cosine", "alike", "same"), [(0.5, False, False), (0.69, True, False), (0.95, True, True)])
def test_both_sides_are_marked_as_at_an_enrolment(roster: Roster, cosine: float, alike: bool, same: bool) -> None:
    first = roster.add(profile("One"), [template(face(1))], 1)
    bystander = roster.add(profile("Two"), [template(face(3))], 1)
    comes = traveller(between(face(1), face(2), cosine))
    taken = take_over(roster, known(roster), comes, 9)
    assert [other.person for other in taken.likeness.others] == [first] * alike
    assert taken.likeness.taken_for == (first if same else "")
    assert marked(roster) == {first: alike, bystander: False, comes.person: alike}
    assert len(taken.warnings) == alike + same
    if alike:
        assert taken.likeness.others[0].score == pytest.approx(cosine, abs=1e-3)
        assert f"{comes.person} looks like {first} ({cosine:.2f})" in taken.warnings[0]
        assert "Traveller" not in "".join(taken.warnings)


def test_those_who_come_together_are_compared_with_each_other(roster: Roster) -> None:
    faces = known(roster)
    one, other = traveller(face(1)), traveller(face(1, 1))
    assert take_over(roster, faces, one, 9).warnings == ()
    assert take_over(roster, faces, other, 9).likeness.taken_for == one.person
    assert marked(roster) == {one.person: True, other.person: True}


def test_nobody_is_his_own_look_alike(roster: Roster) -> None:
    comes = traveller(face(1))
    faces = known(roster)
    for replacing in (False, True):
        assert take_over(roster, faces, comes, 9, replacing=replacing).likeness.others == ()
    assert marked(roster) == {comes.person: False}


def test_a_mark_that_travels_stays(roster: Roster) -> None:
    comes = traveller(face(1), who=profile(look_alike=True))
    take_over(roster, known(roster), comes, 9)
    assert marked(roster) == {comes.person: True}


def test_the_old_face_of_whom_the_export_replaces_is_compared_no_more(roster: Roster) -> None:
    faces = known(roster)
    comes = traveller(face(1))
    take_over(roster, faces, comes, 9)
    take_over(roster, faces, traveller(face(2), person=comes.person), 9, replacing=True)
    assert take_over(roster, faces, traveller(face(1, 1)), 9).likeness.others == ()


def unlike() -> Vector:
    """Of a network with fewer numbers."""
    return unit(face(1)[: DIMENSION // 2])


@pytest.mark.parametrize(("vector", "model"), [(face(1), "net-old"), (unlike(), "net-a")])
def test_what_cannot_be_compared_is_said(roster: Roster, vector: Vector, model: str) -> None:
    first = roster.add(profile("One"), [template(face(1))], 1)
    comes = traveller(vector, model)
    taken: TakenOver = take_over(roster, known(roster), comes, 9)
    assert taken.likeness.others == ()
    assert taken.renewal is (model == "net-old")
    assert taken.warnings == (f"{comes.person} could not be compared with anybody: no template of net-a that fits",)
    assert marked(roster) == {first: False, comes.person: False}


def test_who_comes_without_a_face_needs_no_comparison(roster: Roster) -> None:
    roster.add(profile("One"), [template(face(1))], 1)
    assert take_over(roster, known(roster), traveller(None), 9).warnings == ()


def test_who_is_refused_changes_nobody(roster: Roster) -> None:
    first = roster.add(profile("One", cards=("w26:17-12345",)), [template(face(1))], 1)
    with pytest.raises(DataError, match="card"):
        take_over(roster, known(roster), traveller(face(1), who=profile(cards=("w26:17-12345",))), 9)
    assert marked(roster) == {first: False}


def test_a_power_cut_leaves_both_sides_marked_or_neither(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    first = roster.add(profile("One"), [template(face(1))], 1)
    comes, faces = traveller(face(1, 1)), known(roster)
    add = roster.add

    def cut(*args: Any, **more: Any) -> str:
        add(*args, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(roster, "add", cut)
    with pytest.raises(KeyboardInterrupt):
        take_over(roster, faces, comes, 9)
    assert marked(roster) == {first: True, comes.person: True}


def test_who_is_erased_meanwhile_is_no_hindrance(roster: Roster) -> None:
    gone, stays = (roster.add(profile(), [template(face(1, n))], 1) for n in range(2))
    comes, faces = traveller(face(1, 2)), known(roster)
    roster.destroy(gone)
    take_over(roster, faces, comes, 9)
    assert marked(roster) == {stays: True, comes.person: True}


def test_who_is_marked_already_is_not_written_again(roster: Roster) -> None:
    first = roster.add(profile("One", look_alike=True), [template(face(1))], 1)
    take_over(roster, known(roster), traveller(face(1, 1)), 9)
    assert roster.get(first).changed_us == 1


def test_a_third_record_of_one_face_is_found(roster: Roster) -> None:
    faces = known(roster)
    one, other, third = (traveller(face(1, n)) for n in (0, 1, 0))
    for comes in (one, other):
        take_over(roster, faces, comes, 9)
    likeness = take_over(roster, faces, third, 9).likeness
    assert likeness.people == [one.person, other.person]
    assert likeness.taken_for == one.person


def test_who_leaves_their_face_behind_is_compared_no_more_and_nobody_else_is_missed(roster: Roster) -> None:
    faces = known(roster)
    for who in (1, 2, 3):
        faces.keep(str(who), face(who))
    faces.keep("2", None)
    faces.keep("1", face(4))
    assert [faces.compare(face(who)).taken_for for who in (1, 2, 3, 4)] == ["", "", "3", "1"]
    assert faces.row("2") is None
