"""What every device tells of itself, and who answers an order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.actions import Action, Announce, Answer, DriveRelay, MoveLid, Priority, Report, Speak, TakePicture
from edge.bin_events import Button, ButtonPressed
from edge.clock import Now
from edge.config.schema import Access, Lock
from edge.core.roles import Roles, RolesState
from edge.events import (
    ClockKnown,
    ComponentFailed,
    ComponentRecovered,
    Event,
    ExitPressed,
    OrderGiven,
    Started,
    Stopping,
)
from edge.gate.access import Policy
from edge.gate.decision import Gate
from edge.waste.decision import Station
from tests.unit.waste.station_samples import BINS
from tests.unit.waste.station_samples import rules as station_rules

NOW = Now(100.0, 1_790_000_000_000_000)
GATE = Roles(Gate(Lock(), Policy(Access(), "Asia/Shanghai")))
NOTHING = Roles()
TEXTS = {"cmn": "电梯停用。", "en": "The lift is out of order."}


def step(state: RolesState, event: Event, device: Roles = GATE) -> tuple[RolesState, list[Action]]:
    state, actions = device.step(state, event, NOW)
    return state, list(actions)


def test_a_start_tells_the_warnings_aloud_and_in_the_event() -> None:
    told = Report("device.started", {"version": "1", "warnings": ["cards_can_be_copied"]}, priority=Priority.ACCESS)
    assert step(RolesState(), Started("1", ("cards_can_be_copied",)))[1] == [told]


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


BOTH = Roles(Gate(Lock(), Policy(Access(), "Asia/Shanghai")), Station(station_rules()))
STATION = Roles(None, Station(station_rules()))


def begun() -> RolesState:
    return RolesState(station=Station(station_rules()).first())


def test_gate_and_station_live_in_one_device() -> None:
    state, actions = step(begun(), ExitPressed(), BOTH)
    assert actions[0] == DriveRelay(on=True)
    state, actions = step(state, ButtonPressed(Button.OPEN, "paper"), BOTH)
    assert actions == [MoveLid("paper", open=True)]
    assert BOTH.next_deadline(state) == 105.0  # the lock's, before the lid's
    state, actions = step(state, Stopping("SIGTERM"), BOTH)
    assert actions[0] == DriveRelay(on=False)
    assert {action.bin for action in actions if isinstance(action, MoveLid) and action.open} == set(BINS)
    assert [action.type for action in actions if isinstance(action, Report)] == ["device.stopped"]


def test_made_safe_locks_the_door_and_opens_the_lids() -> None:
    _, actions = BOTH.made_safe(begun(), NOW)
    assert DriveRelay(on=False) in actions
    assert {action.bin for action in actions if isinstance(action, MoveLid) and action.open} == set(BINS)


@pytest.mark.parametrize(("device", "name", "applied"), [(BOTH, "poll", True), (STATION, "unlock", False)])
def test_each_order_has_one_owner(device: Roles, name: str, applied: bool) -> None:
    _, actions = step(begun(), OrderGiven(name, "c-1", {"poll": "lift", "texts": TEXTS}), device)
    assert [action.applied for action in actions if isinstance(action, Answer)] == [applied]


def test_a_fault_is_told_once_though_two_roles_hear_of_it() -> None:
    _, actions = step(begun(), ComponentFailed("station-camera", "no pictures"), BOTH)
    assert [action.type for action in actions if isinstance(action, Report)] == ["sensor.fault"]
