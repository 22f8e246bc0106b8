"""A state machine over a gate with an interlock and hard anti-passback: whoever wants out gets out, nobody comes in
beside an open door, and no card comes in twice.

EDGE_EXAMPLES=50000 pytest tests/unit/gate/test_two_doors_machine.py      the long run
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.actions import Action, DriveRelay, Report
from edge.clock import Now
from edge.config.schema import Access, Lock
from edge.events import (
    AccessRule,
    CardShown,
    ContactChanged,
    Event,
    ExitPressed,
    FireLineChanged,
    LineState,
    OrderGiven,
    OtherDoorChanged,
    PassShown,
    RosterChanged,
    Tick,
    WideExitPressed,
)
from edge.gate.access import Policy
from edge.gate.cards import INSIDE
from edge.gate.decision import Gate, GateState
from edge.gate.grant import WAIT_S
from edge.gate.passback import FORGET_S

LOCK = Lock(interlock=True, unlock_s=5.0, wide_unlock_s=20.0)
PEOPLE = {"p": AccessRule("p"), "q": AccessRule("q", slow=True), "gone": AccessRule("gone", revoked=True)}
ANYBODY = st.sampled_from([*PEOPLE, ""])


class TwoDoors(RuleBasedStateMachine):
    """The gate as the brain drives it, and what somebody who stands there would know."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate(LOCK, Policy(Access(passback="hard"), "Asia/Shanghai"))
        self.now = Now(1000.0, 1_790_000_000_000_000)
        self.actions: tuple[Action, ...] = ()
        self.wants_out_until_s = float("-inf")
        self.let_in: dict[str, float] = {}  # when, since the leaf last moved, with the lock still open
        self.inside: dict[str, float] = {}
        self.state = GateState()
        self.send(RosterChanged(PEOPLE))
        self.send(ContactChanged(False))

    @property
    def free(self) -> bool:
        return self.state.door.free

    def send(self, event: Event, *, by_order: bool = False) -> None:
        before = self.state
        self.state, self.actions = self.gate.step(before, event, self.now)
        if any(isinstance(action, DriveRelay) and action.on for action in self.actions):
            assert by_order or self.free or self.state.other_open is not True
        for action in self.actions:
            if isinstance(action, Report):
                self.told(action)
        if before.door.free and not self.free:
            self.inside.clear()
            self.let_in.clear()
        if not self.state.door.relay_on:
            self.let_in.clear()

    def told(self, report: Report) -> None:
        if report.type == "access.exit":
            self.wants_out_until_s = float("-inf")
            self.inside.pop(report.subject, None)
            self.let_in.pop(report.subject, None)
        if report.type != "access.granted" or report.data["by"] == "command":
            return
        assert not self.state.lockdown
        assert self.free or self.state.other_open is False
        assert report.subject in ("p", "q")
        if not report.data.get("visitor"):
            assert self.now.mono_s - self.inside.get(report.subject, float("-inf")) >= FORGET_S
            self.let_in[report.subject] = self.now.mono_s

    @rule(seconds=st.one_of(st.floats(0.01, 30.0), st.just(FORGET_S)))
    def time_passes(self, seconds: float) -> None:
        end = self.now.mono_s + seconds
        while self.now.mono_s < end:
            deadline = self.gate.next_deadline(self.state)
            at_s = end if deadline is None else min(end, max(deadline, self.now.mono_s))
            self.now = replace(self.now, mono_s=at_s)
            self.send(Tick())

    @rule(person=ANYBODY)
    def card(self, person: str) -> None:
        self.send(CardShown(person, "card", alias="" if person else "junk"))

    @rule(host=ANYBODY, number=st.sampled_from(["n-1", "n-2"]))
    def visitor(self, host: str, number: str) -> None:
        self.send(PassShown(number, host, visitor=True))

    def leaves(self, event: Event) -> None:
        self.send(event)
        if self.free or self.state.other_open is not True:
            assert self.state.door.relay_on
        else:
            self.wants_out_until_s = self.now.mono_s + WAIT_S

    @rule(wide=st.booleans())
    def button(self, wide: bool) -> None:
        self.leaves(WideExitPressed() if wide else ExitPressed())

    @rule(person=st.sampled_from([*PEOPLE]))
    def card_on_the_inside(self, person: str) -> None:
        self.leaves(CardShown(person, INSIDE)) if not self.state.burning else self.send(CardShown(person, INSIDE))

    @rule(opened=st.none() | st.booleans())
    def other_door(self, opened: bool | None) -> None:
        waits = self.now.mono_s < self.wants_out_until_s
        self.send(OtherDoorChanged(opened))
        if waits and opened is not True:  # whoever pressed gets out, whoever else waits
            assert self.state.door.relay_on
            assert any(isinstance(action, Report) and action.type == "access.exit" for action in self.actions)

    @rule(leaf=st.booleans())
    def leaf_moves(self, leaf: bool) -> None:
        if leaf is not self.state.door.leaf_open:
            self.inside |= self.let_in
        self.send(ContactChanged(leaf))

    @rule(person=st.sampled_from(["p", "q"]), leaves_first=st.booleans())
    def walks_in(self, person: str, leaves_first: bool) -> None:
        """By their own opening, or through a leaf that somebody who leaves holds open."""
        self.other_door(False)
        self.leaf_moves(False)
        if leaves_first:
            self.button(False)
            self.leaf_moves(True)
        self.time_passes(1.0)
        self.card(person)
        self.leaf_moves(not leaves_first)
        self.time_passes(25.0)
        self.leaf_moves(False)

    @rule(name=st.sampled_from(["lockdown", "release", "unlock"]), hold=st.booleans())
    def order(self, name: str, hold: bool) -> None:
        self.send(OrderGiven(name, "c-1", {"hold": True} if name == "unlock" and hold else {}), by_order=True)

    @rule(alarm=st.booleans())
    def fire(self, alarm: bool) -> None:
        self.send(FireLineChanged(LineState.ALARM if alarm else LineState.NORMAL))
        if alarm:
            self.wants_out_until_s = float("-inf")  # the door is free

    @rule(revoked=st.booleans())
    def roster_changes(self, revoked: bool) -> None:
        self.send(RosterChanged({**PEOPLE, "p": replace(PEOPLE["p"], revoked=revoked)}))

    @invariant()
    def who_waits_is_few_and_each_once(self) -> None:
        waiting = self.state.waiting
        keys = [one.entrant.key for one in waiting if one.entrant is not None]
        assert len(keys) == len(set(keys)) <= 4
        assert sum(one.entrant is None for one in waiting) <= 1
        assert all(one.until_s <= self.now.mono_s + WAIT_S for one in waiting)


TestTwoDoors: Any = TwoDoors.TestCase
TestTwoDoors.settings = settings(
    max_examples=int(os.environ.get("EDGE_EXAMPLES", "100")),
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
