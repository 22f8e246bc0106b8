"""Several gates, and a broker that loses, doubles, reorders, replays and alters: all follow the office in the end, and
at no moment does anybody pass whom a gate knows to be revoked or removed.
"""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from edge import tokens
from edge.people.sync_message import MOST_BYTES, TOKEN, read_claims
from tests.zone_samples import SIGNING, SITE, Gate, Office, close_all, in_memory, picture, profile

GATES = ("gate-a", "gate-b")
which = st.sampled_from(range(len(GATES)))


class ZoneMachine(RuleBasedStateMachine):
    people = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.folder = in_memory()
        self.office = Office(self.folder / "office", GATES)
        self.gates = [Gate(self.folder / name, name) for name in GATES]
        self.queues: list[list[bytes]] = [[] for _ in GATES]
        self.sent: list[bytes] = []
        # By gate and person: the newest version that removed or revoked them, as told to that gate.
        self.told: list[dict[str, int]] = [{} for _ in GATES]
        self.local = [gate.roster.add(profile("Local"), [picture(99)], 1) for gate in self.gates]
        self.number = 0

    def teardown(self) -> None:
        """The network is whole again: everybody gets what is retained, and what they ask for."""
        self.publish()
        for number, gate in enumerate(self.gates):
            self.deliver(number, self.office.retained())
            if gate.follower.behind:
                for message in self.office.all_of_it():
                    self.deliver(number, message)
            assert not gate.follower.behind
            local = self.local[number]
            assert {who: what for who, what in gate.profiles().items() if who != local} == self.office.profiles()
            assert local in gate.profiles()
        close_all()
        shutil.rmtree(self.folder)

    @rule(target=people, revoked=st.booleans())
    def enrol(self, revoked: bool) -> str:
        self.number += 1
        return self.office.enrol(self.number, revoked_reason="x" if revoked else "")

    @rule(person=people, note=st.sampled_from(["", "a", "b"]))
    def change(self, person: str, note: str) -> None:
        self.office.change(person, note=note)

    @rule(person=people, reason=st.sampled_from(["", "moved out"]))
    def revoke_or_lift(self, person: str, reason: str) -> None:
        self.office.change(person, revoked_reason=reason)

    @rule(person=consumes(people))
    def erase(self, person: str) -> None:
        self.office.roster.destroy(person)

    @rule()
    def publish(self) -> None:
        for message in self.office.publish():
            self.send(message)

    @rule()
    def publish_whole(self) -> None:
        self.publish()
        for message in self.office.all_of_it():
            self.send(message)

    def send(self, message: bytes) -> None:
        self.sent.append(message)
        for queue in self.queues:
            queue.append(message)

    @precondition(lambda self: any(self.queues))
    @rule(number=which, data=st.data())
    def arrive(self, number: int, data: st.DataObject) -> None:
        """Any of those that wait, so also out of order."""
        queue = self.queues[number]
        if queue:
            at = data.draw(st.integers(0, min(3, len(queue) - 1)))
            self.deliver(number, queue.pop(at))

    @rule(number=which)
    def lose(self, number: int) -> None:
        del self.queues[number][:1]

    @precondition(lambda self: self.sent)
    @rule(number=which, data=st.data())
    def replay(self, number: int, data: st.DataObject) -> None:
        self.deliver(number, data.draw(st.sampled_from(self.sent)))

    @precondition(lambda self: self.sent)
    @rule(number=which, data=st.data(), bit=st.integers(0, 6))
    def alter(self, number: int, data: st.DataObject, bit: int) -> None:
        message = data.draw(st.sampled_from(self.sent))
        at = data.draw(st.integers(0, len(message) - 3))  # the last letters have bits that mean nothing
        altered = message[:at] + bytes([message[at] ^ 1 << bit]) + message[at + 1 :]
        with pytest.raises(tokens.BadTokenError):
            self.gates[number].take(altered)

    @rule(number=which)
    def restart(self, number: int) -> None:
        self.gates[number].restart()

    def deliver(self, number: int, message: bytes) -> None:
        gate = self.gates[number]
        _, claims = tokens.verify(message, TOKEN, {"ann": SIGNING.public_key()}, MOST_BYTES)
        part = read_claims(claims, SITE)
        taken = gate.take(message)
        assert not taken.refused
        for person in (*part.removed, *part.revoked):
            self.told[number][person] = max(self.told[number].get(person, 0), part.version)

    @invariant()
    def nobody_passes_who_may_not(self) -> None:
        for number, gate in enumerate(self.gates):
            for person, found in gate.profiles().items():
                if person == self.local[number] or found.revoked:
                    continue
                # Whoever passes does so by what the office said after the last word against them.
                after = self.told[number].get(person, 0)
                known = [
                    people[person].revoked
                    for version, people in self.office.history.items()
                    if version >= after and person in people
                ]
                assert False in known

    @invariant()
    def what_is_complete_is_right(self) -> None:
        for number, gate in enumerate(self.gates):
            if gate.follower.have and gate.follower.newest == gate.follower.have:
                wanted = self.office.history[gate.follower.have]
                found = {who for who in gate.profiles() if who != self.local[number]}
                # A word against somebody outlives a restart, that there is a newer version does not.
                gone = {who for who, version in self.told[number].items() if version > gate.follower.have}
                assert set(wanted) - gone <= found <= set(wanted)


ZoneMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestZone = ZoneMachine.TestCase
