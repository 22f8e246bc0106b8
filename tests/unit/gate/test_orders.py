"""Orders of the office at the gate: one order, one answer, and the way out always free."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.actions import Action, Answer, DriveRelay, Lamp, Priority, Report, ShowLamp, Speak
from edge.clock import Now
from edge.config.schema import Access, Lock
from edge.events import (
    AccessRule,
    Event,
    ExitPressed,
    FaceMatched,
    FacePoor,
    FaceUnknown,
    Life,
    OrderGiven,
    PoorReason,
    Stopping,
    Tick,
)
from edge.gate.access import Policy
from edge.gate.decision import Gate, GateState

NOW = Now(100.0, 1_790_000_000_000_000)
GATE = Gate(Lock(unlock_s=5.0), Policy(Access(), "Asia/Shanghai"))
PEOPLE = GateState(people={"p": AccessRule("p"), "gone": AccessRule("gone", revoked=True)})
DOWN = replace(PEOPLE, lockdown=True)
FACE = FaceMatched(1, "p", 0.7, 0.6, 2, strong=True, life=Life.LIVE)


def step(state: GateState, event: Event, after_s: float = 0.0) -> tuple[GateState, list[Action]]:
    state, actions = GATE.step(state, event, replace(NOW, mono_s=NOW.mono_s + after_s))
    return state, list(actions)


def test_unlock_opens_as_the_button_does_and_is_reported_as_granted_by_command() -> None:
    state, actions = step(PEOPLE, OrderGiven("unlock", "c-1"))
    assert actions == [
        DriveRelay(on=True),
        ShowLamp(Lamp.GRANTED),
        Report("access.granted", {"by": "command", "command": "c-1"}, priority=Priority.ACCESS),
        Answer("c-1", True),
    ]
    assert GATE.next_deadline(state) == 105.0


def test_unlock_for_a_time_of_its_own() -> None:
    state, _ = step(PEOPLE, OrderGiven("unlock", "c-1", {"seconds": 30}))
    assert step(state, Tick(), 29.9)[1] == []
    assert DriveRelay(on=False) in step(state, Tick(), 30.0)[1]
    state, _ = step(state, FACE, 31.0)  # the configured time again for everybody else
    assert GATE.next_deadline(state) == 136.0


def test_lockdown_locks_at_once() -> None:
    state, _ = step(PEOPLE, FACE)
    state, actions = step(state, OrderGiven("lockdown", "c-1"), 1.0)
    assert actions == [DriveRelay(on=False), ShowLamp(Lamp.OFF), Answer("c-1", True)]
    assert state.lockdown


@pytest.mark.parametrize(
    ("face", "subject"),
    [
        (FACE, "p"),
        (replace(FACE, person="gone"), "gone"),
        (replace(FACE, person="erased"), ""),
        (FaceUnknown(1, 0.2, 0.6, 5), ""),
        (FacePoor(1, PoorReason.TOO_FAR), ""),
    ],
)
def test_in_a_lockdown_every_face_hears_the_same(face: Event, subject: str) -> None:
    _, actions = step(DOWN, face)
    assert actions == [
        ShowLamp(Lamp.REFUSED),
        Speak("refused_lockdown"),
        Report("access.refused", {"reason": "lockdown"}, subject, Priority.ACCESS),
    ]


def test_in_a_lockdown_the_button_and_the_office_still_open() -> None:
    assert step(DOWN, ExitPressed())[1][0] == DriveRelay(on=True)
    state, actions = step(DOWN, OrderGiven("unlock", "c-1"))
    assert actions[0] == DriveRelay(on=True)
    assert state.lockdown


def test_a_release_ends_it() -> None:
    state, actions = step(DOWN, OrderGiven("release", "c-1"))
    assert actions == [Answer("c-1", True)]
    assert step(state, FACE)[1][0] == DriveRelay(on=True)


def test_what_a_restart_begins_with_and_a_failure_of_the_brain_leaves() -> None:
    state, _ = GATE.made_safe(DOWN, NOW)
    assert state.lockdown


@pytest.mark.parametrize("name", ["unlock", "lockdown", "release"])
def test_nothing_is_carried_out_while_the_device_stops(name: str) -> None:
    stopping, _ = step(PEOPLE, Stopping("SIGTERM"))
    state, actions = step(stopping, OrderGiven(name, "c-1"))
    assert state == stopping
    assert [(action.applied, action.reason) for action in actions if isinstance(action, Answer)] == [
        (False, "stopping")
    ]
    assert len(actions) == 1


def test_an_order_that_is_not_the_gates() -> None:
    assert step(PEOPLE, OrderGiven("dance", "c-1"))[1] == [
        Answer("c-1", False, "unsupported", "the gate does not know this order")
    ]
