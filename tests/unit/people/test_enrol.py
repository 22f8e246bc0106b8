from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_samples import KEY, LIMITS, between, face, poor, profile, shot, shots, template

from edge.events import PoorReason
from edge.people.describe import Limits, limits_at
from edge.people.enrol import Enroller
from edge.people.gallery import load_gallery
from edge.people.judge import EnrolmentRefusedError, choose
from edge.store.roster import Roster
from edge.store.roster_records import MAX_TEMPLATES
from edge.vision.score import score


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[Roster]:
    with Roster.open(tmp_path, create=True, key=KEY) as opened:
        yield opened


def enroller(roster: Roster, model: str = "net-a") -> Enroller:
    return Enroller(roster, model, lambda _: LIMITS)


def test_three_good_pictures_enrol(roster: Roster) -> None:
    done = enroller(roster).enrol(shots(1), profile(), 9)
    assert done.warnings == ()
    assert [report.reason for report in done.pictures] == ["", "", ""]
    found = roster.get(done.person)
    assert [one.vector.tobytes() for one in found.templates] == [face(1, n).tobytes() for n in range(3)]
    assert (found.enrolled_us, found.templates[0].model) == (9, "net-a")


def test_poor_pictures_are_refused_each_with_its_reason(roster: Roster) -> None:
    given = [shot(face(1), "a.jpg"), poor(PoorReason.BLURRED), poor("no_face", "c.jpg"), poor("several_faces", "d.jpg")]
    with pytest.raises(EnrolmentRefusedError) as caught:
        enroller(roster).enrol(given, profile(), 9)
    assert caught.value.why == "too_few"
    assert [report.reason for report in caught.value.pictures] == ["", "blurred", "no_face", "several_faces"]
    assert "b.jpg blurred" in caught.value.message
    assert roster.people() == ([], [])


def test_a_poor_one_among_enough_good_ones_is_left_out(roster: Roster) -> None:
    done = enroller(roster).enrol([poor(PoorReason.TOO_DARK), *shots(1)], profile(), 9)
    assert len(roster.get(done.person).templates) == 3
    assert [report.reason for report in done.pictures] == ["too_dark", "", "", ""]


@pytest.mark.parametrize("count", [1, 2])
def test_few_pictures_need_leave_and_say_what_they_cost(roster: Roster, count: int) -> None:
    with pytest.raises(EnrolmentRefusedError, match="3 are asked for"):
        enroller(roster).enrol(shots(1, count), profile(), 9)
    done = enroller(roster).enrol(shots(1, count), profile(), 9, few=True)
    assert f"{count} of 3 pictures" in done.warnings[0]


@pytest.mark.parametrize("given", [[], [poor("no_face")]])
def test_no_picture_at_all_is_never_enough(roster: Roster, given: list[object]) -> None:
    with pytest.raises(EnrolmentRefusedError):
        enroller(roster).enrol(given, profile(), 9, few=True)  # type: ignore[arg-type]


def test_pictures_of_different_people_are_refused(roster: Roster) -> None:
    with pytest.raises(EnrolmentRefusedError) as caught:
        enroller(roster).enrol([*shots(1), shot(face(2), "wrong.jpg")], profile(), 9)
    assert caught.value.why == "different_people"
    assert "wrong.jpg" in caught.value.message
    assert roster.people() == ([], [])


def test_the_best_pictures_are_kept_when_there_are_many() -> None:
    many = [shot(face(1, n), f"{n}.jpg", quality=n / 20) for n in range(14)]
    chosen = choose(many, "net-a", LIMITS, 9, few=False)
    assert len(chosen.templates) == MAX_TEMPLATES
    assert [report.reason for report in chosen.reports] == ["surplus"] * 4 + [""] * 10


def test_the_same_face_under_another_name_is_refused(roster: Roster) -> None:
    first = enroller(roster).enrol(shots(1), profile("One"), 9)
    with pytest.raises(EnrolmentRefusedError) as caught:
        enroller(roster).enrol([shot(face(1, n), f"{n}.jpg") for n in (5, 6, 7)], profile("Other"), 9)
    assert caught.value.why == "duplicate"
    assert [other.person for other in caught.value.look_alikes] == [first.person]
    assert len(roster.people()[0]) == 1
    done = enroller(roster).enrol(shots(1), profile("Twin"), 9, duplicate=True)
    assert done.look_alikes[0].person == first.person
    assert first.person in done.warnings[0]


def test_revoked_people_do_not_come_back_under_another_name(roster: Roster) -> None:
    roster.add(profile("One", revoked_reason="left"), [template(face(1, n)) for n in range(3)], 1)
    with pytest.raises(EnrolmentRefusedError, match="would take this face"):
        enroller(roster).enrol(shots(1), profile("Other"), 9)


@pytest.mark.parametrize(
    ("cosine", "outcome"), [(0.67, "enrolled"), (0.69, "warned"), (0.77, "warned"), (0.79, "refused")]
)
def test_look_alikes(roster: Roster, cosine: float, outcome: str) -> None:
    first = enroller(roster).enrol([shot(face(1), f"{n}") for n in range(3)], profile("One"), 9)
    alike = between(face(1), face(2), cosine)
    given = [shot(alike, f"{n}") for n in range(3)]
    if outcome == "refused":
        with pytest.raises(EnrolmentRefusedError):
            enroller(roster).enrol(given, profile("Two"), 9)
        return
    done = enroller(roster).enrol(given, profile("Two"), 9)
    assert [other.person for other in done.look_alikes] == ([first.person] if outcome == "warned" else [])
    assert bool(done.warnings) == (outcome == "warned")
    people, _ = roster.people()
    assert {person.profile.look_alike for person in people} == {outcome == "warned"}  # on both sides
    if outcome == "warned":
        assert done.look_alikes[0].score == pytest.approx(cosine, abs=1e-3)


def test_somebody_enrolled_a_moment_ago_counts(roster: Roster) -> None:
    same = enroller(roster)
    same.enrol(shots(1), profile("One"), 9)
    with pytest.raises(EnrolmentRefusedError):
        same.enrol(shots(1), profile("Other"), 9)


def test_the_limits_follow_the_number_of_people(roster: Roster) -> None:
    asked: list[int] = []

    def limits(people: int) -> Limits:
        asked.append(people)
        return LIMITS

    growing = Enroller(roster, "net-a", limits)
    growing.enrol(shots(1), profile(), 9)
    growing.enrol(shots(2), profile(), 9)
    assert set(asked) == {1, 2}


def test_people_of_another_network_cannot_be_compared_and_it_is_said(roster: Roster) -> None:
    roster.add(profile(), [template(face(1), "net-old")], 1)
    done = enroller(roster).enrol(shots(1), profile("Other"), 9)
    assert "could not be compared with 1 people" in done.warnings[0]


def test_renewal_after_a_change_of_the_network(roster: Roster) -> None:
    person = roster.add(profile(), [template(face(1), "net-old")], 1)
    done = enroller(roster).renew(person, shots(2), 9)
    assert "nothing to compare with" in done.warnings[0]
    loaded = load_gallery(roster, "net-a")
    assert loaded.ids == (person,)
    assert not loaded.needs_renewal


def test_more_pictures_of_the_same_person(roster: Roster) -> None:
    adding = enroller(roster)
    person = adding.enrol(shots(1), profile(), 9).person
    done = adding.renew(person, [shot(face(1, n), f"{n}") for n in (5, 6, 7)], 10)
    assert done.look_alikes == ()
    assert done.warnings == ()
    assert len(roster.get(person).templates) == 6
    mean = np.sum([face(1, n) for n in (0, 1, 2, 5, 6, 7)], axis=0)
    np.testing.assert_allclose(load_gallery(roster, "net-a").matrix[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_a_strangers_face_is_not_slipped_in(roster: Roster) -> None:
    person = enroller(roster).enrol(shots(1), profile(), 9).person
    with pytest.raises(EnrolmentRefusedError) as caught:
        enroller(roster).renew(person, shots(2), 10)
    assert caught.value.why == "another_person"
    assert len(roster.get(person).templates) == 3


def test_pictures_of_somebody_else_enrolled_are_not_slipped_in(roster: Roster) -> None:
    enroller(roster).enrol(shots(2), profile("Two"), 9)
    old = roster.add(profile("One"), [template(face(1), "net-old")], 1)
    with pytest.raises(EnrolmentRefusedError) as caught:
        enroller(roster).renew(old, shots(2), 10)
    assert caught.value.why == "duplicate"


def test_pictures_do_not_readmit_the_revoked(roster: Roster) -> None:
    person = roster.add(profile(revoked_reason="left"), [template(face(1))], 1)
    done = enroller(roster).renew(person, shots(1), 9)
    assert "revoked" in done.warnings[0]
    assert roster.get(person).profile.revoked


def test_two_records_of_one_face_do_not_hide_the_third(roster: Roster) -> None:
    """The gate's own margin would: each of the two is the other's second-best."""
    adding = enroller(roster)
    one = adding.enrol(shots(1), profile("One"), 9).person
    twin = adding.enrol(shots(1), profile("Twin"), 9, duplicate=True).person
    with pytest.raises(EnrolmentRefusedError) as caught:
        adding.enrol(shots(1), profile("Triplet"), 9)
    assert caught.value.why == "duplicate"
    done = adding.enrol(shots(1), profile("Triplet"), 9, duplicate=True)
    assert {other.person for other in done.look_alikes} == {one, twin}
    assert one in done.warnings[0]
    assert all(person.profile.look_alike for person in roster.people()[0])


@pytest.mark.parametrize("company", [False, True])
def test_the_gates_margin_stays_between_people_who_are_not_alike(roster: Roster, company: bool) -> None:
    """Halfway between two strangers the gate opens for neither; with one of them alone it might."""
    one, other = face(1), between(face(1), face(2), 0.3)
    for vector in (one, other)[: 1 + company]:
        roster.add(profile("Enrolled"), [template(vector)], 1)
    halfway = between(one, other, np.sqrt((1 + 0.3) / 2))
    done = enroller(roster).enrol([shot(halfway)], profile(), 9, few=True, duplicate=True)
    assert bool(done.look_alikes) is not company


def test_more_pictures_mark_both_sides_at_once(roster: Roster) -> None:
    person = roster.add(profile("One"), [template(face(1), "net-old")], 1)
    alike = roster.add(profile("Two"), [template(between(face(1), face(2), 0.7))], 1)
    roster.add(profile("Three"), [template(face(3))], 1)
    done = enroller(roster).renew(person, [shot(face(1))], 9, few=True)
    assert [other.person for other in done.look_alikes] == [alike]
    marked = {one.person for one in roster.people()[0] if one.profile.look_alike}
    assert marked == {person, alike}


@given(st.floats(-0.1, 0.9), st.floats(0.02, 0.9))
def test_limits_rise_wherever_the_operating_point_lies(floor: float, way: float) -> None:
    threshold = score(min(floor + way, 0.99), floor)
    limits = limits_at(threshold, floor)
    assert floor < limits.same_person < 1.0
    assert score(floor, floor) < limits.look_alike < limits.duplicate == threshold


def test_limits_of_two_networks() -> None:
    dlib, mobile = limits_at(0.678, 0.840), limits_at(0.390, 0.009)
    assert (dlib.same_person, dlib.look_alike) == pytest.approx((0.898, 0.669), abs=1e-3)
    assert (mobile.same_person, mobile.look_alike) == pytest.approx((0.257, 0.352), abs=1e-3)


@pytest.mark.parametrize("values", [(0.5, 0.9, 0.8, 0.1), (0.1, 0.5, 0.6, 0.2), (1.0, 0.5, 0.6, 0.2)])
def test_limits_that_make_no_sense(values: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="limits rise"):
        Limits(*values)
