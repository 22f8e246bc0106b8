"""Any order of enrolling, changing, erasing and reopening: the roster holds exactly what it was told."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from roster_samples import KEY, profile, template

from edge.store.roster import Roster
from edge.store.roster_records import MAX_TEMPLATES, Profile

names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
seeds = st.lists(st.integers(0, 1 << 30), max_size=4)


class RosterMachine(RuleBasedStateMachine):
    people = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.state = Path(tempfile.mkdtemp(prefix="roster-"))
        self.roster = Roster.open(self.state, create=True, key=KEY)
        self.profiles: dict[str, Profile] = {}
        self.vectors: dict[str, list[bytes]] = {}
        self.now = 0

    def teardown(self) -> None:
        self.roster.close()
        shutil.rmtree(self.state)

    def tick(self) -> int:
        self.now += 1
        return self.now

    @rule(target=people, name=names, pictures=seeds)
    def enrol(self, name: str, pictures: list[int]) -> str:
        now = self.tick()
        templates = [template(seed, added_us=now) for seed in pictures]
        person = self.roster.add(profile(name), templates, now)
        self.profiles[person] = profile(name)
        self.vectors[person] = [one.vector.tobytes() for one in templates]
        return person

    @rule(person=people, pictures=seeds)
    def add_pictures(self, person: str, pictures: list[int]) -> None:
        now = self.tick()
        templates = [template(seed, added_us=now) for seed in pictures]
        self.roster.add_templates(person, templates, now)
        self.vectors[person] = [*self.vectors[person], *(one.vector.tobytes() for one in templates)][-MAX_TEMPLATES:]

    @rule(person=people, reason=st.sampled_from(["", "moved out", "lost trust"]))
    def revoke_or_admit(self, person: str, reason: str) -> None:
        self.roster.change(person, lambda old: replace(old, revoked_reason=reason), self.tick())
        self.profiles[person] = replace(self.profiles[person], revoked_reason=reason)

    @rule(person=consumes(people))
    def erase(self, person: str) -> None:
        parts = self.roster.sealed_parts(person)
        self.roster.destroy(person)
        del self.profiles[person], self.vectors[person]
        left = b"".join(file.read_bytes() for file in self.state.iterdir())
        assert person.encode() not in left
        assert not any(part in left for part in parts)

    @rule()
    def reopen(self) -> None:
        self.roster.close()
        self.roster = Roster.open(self.state, key=KEY)

    @invariant()
    def holds_what_it_was_told(self) -> None:
        people, faults = self.roster.people()
        assert not faults
        assert {person.person: person.profile for person in people} == self.profiles
        for person in people:
            assert [np.asarray(one.vector).tobytes() for one in person.templates] == self.vectors[person.person]


RosterMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestRoster = RosterMachine.TestCase
