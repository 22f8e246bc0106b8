"""Trying the gate's parts out: what wins over it, and that nobody on their way in is disturbed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.actions import Action, Answer, DriveRelay, Lamp, Priority, Report, ShowLamp
from edge.clock import Now
from edge.config.schema import Access, Lock
from edge.events import (
    AccessRule,
    Event,
    ExitPressed,
    FaceMatched,
    FireLineChanged,
    Life,
    LineState,
    OrderGiven,
    OtherDoorChanged,
    TamperChanged,
    Tick,
)
from edge.gate.access import Policy
from edge.gate.decision import Gate, GateState

NOW = Now(100.0, 1_790_000_000_000_000)
GATE = Gate(Lock(unlock_s=5.0), Policy(Access(), "Asia/Shanghai"))
PEOPLE = GateState(people={"p": AccessRule("p")})
WHO = {"by": "doctor", "uid": 0}
RELAY = OrderGiven("test.relay", "local-1", {"seconds": 1.0, **WHO})
LAMP = OrderGiven("test.lamp", "local-2", {"lamp": "refused", **WHO})
FACE = FaceMatched(1, "p", 0.7, 0.6, 2, strong=True, life=Life.LIVE)


def step(state: GateState, event: Event, after_s: float = 0.0) -> tuple[GateState, list[Action]]:
    state, actions = GATE.step(state, event, replace(NOW, mono_s=NOW.mono_s + after_s))
    return state, list(actions)


def report(part: str, **more: Any) -> Report:
    return Report("device.tested", {"part": part, **WHO, **more}, priority=Priority.ACCESS)


def test_the_relay_is_on_for_the_time_asked_and_no_longer() -> None:
    state, actions = step(PEOPLE, RELAY)
    assert actions == [
        DriveRelay(on=True), ShowLamp(Lamp.GRANTED), report("relay", applied=True), Answer("local-1", True),
    ]  # fmt: skip
    assert GATE.next_deadline(state) == 101.0
    assert step(state, Tick(), 1.0)[1] == [DriveRelay(on=False), ShowLamp(Lamp.OFF)]


@pytest.mark.parametrize(
    ("before", "order", "reason"),
    [
        (OrderGiven("lockdown", "c"), RELAY, "lockdown"),
        (FireLineChanged(LineState.ALARM), RELAY, "fire"),
        (FireLineChanged(LineState.ALARM), LAMP, "fire"),
        (TamperChanged(open=True), RELAY, "tamper"),
        (FACE, RELAY, "busy"),
        (FACE, LAMP, "busy"),
        (ExitPressed(), RELAY, "busy"),
        (OrderGiven("unlock", "c", {"hold": True}), RELAY, "busy"),
    ],
)
def test_what_wins_over_a_trial(before: Event, order: OrderGiven, reason: str) -> None:
    state, _ = step(PEOPLE, before)
    after, actions = step(state, order, 0.1)
    part = "relay" if order is RELAY else "lamp"
    assert actions[0] == report(part, applied=False, reason=reason)
    answer = actions[1]
    assert isinstance(answer, Answer) and (answer.applied, answer.reason) == (False, reason)
    assert after == state, "nothing else has changed"


@pytest.mark.parametrize(("other", "reason"), [(True, "other_door"), (None, "other_door"), (False, "")])
def test_beside_an_interlock_the_other_door_must_be_known_to_be_shut(other: bool | None, reason: str) -> None:
    gate = Gate(Lock(interlock=True), Policy(Access(), "Asia/Shanghai"))
    state, _ = gate.step(PEOPLE, OtherDoorChanged(open=other), NOW)
    _, actions = gate.step(state, RELAY, NOW)
    answer = actions[-1]
    assert isinstance(answer, Answer) and answer.reason == reason
    assert (DriveRelay(on=True) in actions) is (other is False)


def test_a_lamp_is_shown_for_two_seconds() -> None:
    state, actions = step(PEOPLE, LAMP)
    assert actions[0] == ShowLamp(Lamp.REFUSED)
    assert step(state, Tick(), 2.0)[1] == [ShowLamp(Lamp.OFF)]


def test_lamps_may_be_tried_while_the_housing_is_open_or_the_gate_locked_down() -> None:
    for before in (TamperChanged(open=True), OrderGiven("lockdown", "c")):
        state, _ = step(PEOPLE, before)
        assert step(state, LAMP)[1][0] == ShowLamp(Lamp.REFUSED)


def test_somebody_who_comes_during_a_trial_has_their_own_time() -> None:
    state, _ = step(PEOPLE, RELAY)
    state, _ = step(state, FACE, 0.5)
    assert GATE.next_deadline(state) == 105.5
