"""What every device tells of itself, and who answers an order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.actions import Action, Announce, Answer, DriveRelay, Priority, Report, Speak, TakePicture
from edge.clock import Now
from edge.config.schema import Access, Lock
from edge.core.roles import Roles, RolesState
from edge.events import (
    ClockKnown,
    ComponentFailed,
    ComponentRecovered,
    Event,
    OrderGiven,
    Started,
    Stopping,
)
from edge.gate.access import Policy
from edge.gate.decision import Gate

NOW = Now(100.0, 1_790_000_000_000_000)
GATE = Roles(Gate(Lock(), Policy(Access(), "Asia/Shanghai")))
NOTHING = Roles()
TEXTS = {"cmn": "电梯停用。", "en": "The lift is out of order."}


def step(state: RolesState, event: Event, device: Roles = GATE) -> tuple[RolesState, list[Action]]:
    state, actions = device.step(state, event, NOW)
    return state, list(actions)


def test_a_start_tells_the_warnings_aloud_and_in_the_event() -> None:
    told = Report("device.started", {"version": "1", "warnings": ["starting_unsafe"]}, priority=Priority.ACCESS)
    assert step(RolesState(), Started("1", ("starting_unsafe",)))[1] == [Speak("starting_unsafe"), told]


def test_a_stop_makes_the_door_safe_before_it_is_told() -> None:
    state, actions = step(RolesState(), Stopping("SIGTERM"))
    assert state.stopping
    assert actions[0] == DriveRelay(on=False)
    assert actions[-1] == Report("device.stopped", {"why": "SIGTERM"}, priority=Priority.ACCESS)


@pytest.mark.parametrize(
    ("component", "kind"),
    [
        ("camera", "sensor"),
        ("contacts", "sensor"),
        ("level.paper.main", "sensor"),
        ("lid.paper", "sensor"),
        ("voice", "device"),
        ("levels", "device"),
    ],
)
def test_faults_are_told_when_they_begin_and_when_they_end(component: str, kind: str) -> None:
    state, actions = step(RolesState(), ComponentFailed(component, "hung"))
    assert [action.type for action in actions if isinstance(action, Report)] == [f"{kind}.fault"]
    state, actions = step(state, ComponentFailed(component, "hung"))
    assert actions == []
    state, actions = step(state, ComponentRecovered(component, 12.34))
    assert actions == [Report(f"{kind}.recovered", {"component": component, "down_s": 12.3}, component, Priority.ALARM)]
    assert step(state, ComponentRecovered(component, 12.34))[1] == []


def test_a_fatal_failure_locks_says_so_and_ends_everything() -> None:
    state, actions = step(RolesState(), ComponentFailed("vision", "died", fatal=True))
    assert state.stopping
    assert actions[0] == DriveRelay(on=False)
    assert Speak("fault", urgent=True) in actions
    assert step(state, OrderGiven("unlock", "c"))[1] == [
        Answer("c", False, "stopping", "the device is being shut down")
    ]


@pytest.mark.parametrize("device", [GATE, NOTHING])
def test_announce_and_photograph_are_known_to_every_device(device: Roles) -> None:
    order = OrderGiven("announce", "c-1", {"texts": TEXTS})
    assert step(RolesState(), order, device)[1] == [Announce(TEXTS), Answer("c-1", True)]
    urgent = replace(order, args={"texts": TEXTS, "urgent": True})
    assert step(RolesState(), urgent, device)[1][0] == Announce(TEXTS, urgent=True)
    assert step(RolesState(), OrderGiven("photograph", "c-1"), device)[1] == [TakePicture("c-1"), Answer("c-1", True)]


@pytest.mark.parametrize("name", ["unlock", "lockdown", "release", "announce", "photograph", "poll", "correct"])
def test_nothing_is_carried_out_while_the_device_stops(name: str) -> None:
    stopping, _ = step(RolesState(), Stopping("SIGTERM"))
    state, actions = step(stopping, OrderGiven(name, "c-1", {"texts": TEXTS}))
    assert state == stopping
    assert [(action.applied, action.reason) for action in actions if isinstance(action, Answer)] == [
        (False, "stopping")
    ]
    assert len(actions) == 1


@pytest.mark.parametrize(("device", "name"), [(GATE, "poll"), (GATE, "dance"), (NOTHING, "unlock")])
def test_an_order_of_no_role_is_answered_all_the_same(device: Roles, name: str) -> None:
    assert step(RolesState(), OrderGiven(name, "c-1"), device)[1] == [
        Answer("c-1", False, "unsupported", "no role of this device knows this order")
    ]


def test_the_clock_becomes_known_also_while_stopping() -> None:
    for state in (RolesState(), step(RolesState(), Stopping("SIGTERM"))[0]):
        assert step(state, ClockKnown("boot-1", 1_790_000_000_000_000, -5))[1] == [
            Report(
                "clock.corrected",
                {"bootid": "boot-1", "offset_us": 1_790_000_000_000_000, "was_off_us": -5},
                "clock",
                Priority.ACCESS,
            )
        ]
