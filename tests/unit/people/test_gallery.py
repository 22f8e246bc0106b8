from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from people_samples import KEY, face, profile, template

from edge.events import AccessRule
from edge.people.gallery import load_gallery, mean_template
from edge.store.roster import Roster


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[Roster]:
    with Roster.open(tmp_path, create=True, key=KEY) as opened:
        yield opened


def test_one_unit_row_per_person_the_mean_of_the_templates(roster: Roster) -> None:
    one = roster.add(profile(), [template(face(1, n)) for n in range(3)], 1)
    two = roster.add(profile(), [template(face(2))], 1)
    loaded = load_gallery(roster, "net-a")
    assert set(loaded.ids) == {one, two}
    assert loaded.matrix.dtype == np.float32
    assert loaded.matrix.flags.c_contiguous
    np.testing.assert_allclose(np.linalg.norm(loaded.matrix, axis=1), 1.0, atol=1e-6)
    mean = np.sum([face(1, n) for n in range(3)], axis=0)
    np.testing.assert_allclose(loaded.matrix[loaded.ids.index(one)], mean / np.linalg.norm(mean), atol=1e-6)
    np.testing.assert_allclose(loaded.matrix[loaded.ids.index(two)], face(2), atol=1e-6)
    assert not loaded.needs_renewal
    assert not loaded.faults


def test_an_empty_roster_is_an_empty_matrix_of_the_networks_width(roster: Roster) -> None:
    loaded = load_gallery(roster, "net-a", dimension=128)
    assert loaded.matrix.shape == (0, 128)
    assert loaded.ids == ()
    assert loaded.rules == {}


def test_templates_of_another_network_are_never_compared(roster: Roster) -> None:
    old = roster.add(profile(), [template(face(1), "net-old")], 1)
    both = roster.add(profile(), [template(face(3), "net-old"), template(face(2), "net-a")], 1)
    none = roster.add(profile(), [], 1)
    loaded = load_gallery(roster, "net-a")
    assert loaded.ids == (both,)
    np.testing.assert_allclose(loaded.matrix[0], face(2), atol=1e-6)
    assert loaded.needs_renewal == (old,)
    assert set(loaded.rules) == {old, both, none}


def test_rules_say_what_the_decision_needs_and_nothing_else(roster: Roster) -> None:
    first, last = date(2026, 1, 2), date(2027, 3, 4)
    person = roster.add(
        profile(groups=("staff",), schedules=("night",), valid_from=first, valid_until=last, revoked_reason="left"),
        [template(face(1))],
        1,
    )
    loaded = load_gallery(roster, "net-a")
    rule = AccessRule(person, first, last, revoked=True, groups=("staff",), schedules=("night",))
    assert loaded.rules == {person: rule}
    assert loaded.ids == (person,)  # revoked people are recognised, to be refused with the reason


def test_a_damaged_person_is_left_out_with_a_fault(roster: Roster) -> None:
    bad = roster.add(profile(), [template(face(1))], 1)
    good = roster.add(profile(), [template(face(2))], 1)
    with closing(sqlite3.connect(roster.path)) as conn:
        conn.execute("UPDATE templates SET sealed = zeroblob(156) WHERE person = ?", (bad,))
        conn.commit()
    loaded = load_gallery(roster, "net-a")
    assert loaded.ids == (good,)
    assert set(loaded.rules) == {good}
    assert [fault.person for fault in loaded.faults] == [bad]


def test_templates_that_do_not_fit_the_network_are_a_fault(roster: Roster) -> None:
    good = roster.add(profile(), [template(face(1))], 1)
    short = np.zeros(8, np.float32)
    short[0] = 1
    wide = roster.add(profile(), [template(short)], 1)
    turned = roster.add(profile(), [template(face(2)), template(-face(2))], 1)
    loaded = load_gallery(roster, "net-a", dimension=32)
    assert loaded.ids == (good,)
    assert {fault.person for fault in loaded.faults} == {wide, turned}
    assert set(loaded.rules) == {good}


def test_the_mean_has_a_direction_or_is_none() -> None:
    assert mean_template([template(face(1)), template(-face(1))], 32) is None
    assert mean_template([template(face(1))], 16) is None
