"""Fire, tamper, interlock, passback, and a door for people who need longer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.actions import DriveRelay, Report, Speak
from edge.config.schema import Access, Lock
from edge.events import (
    AccessRule,
    CardShown,
    ContactChanged,
    ExitPressed,
    FireLineChanged,
    LineState,
    OrderGiven,
    OtherDoorChanged,
    Stopping,
    TamperChanged,
    Tick,
    WideExitPressed,
)
from edge.gate.cards import INSIDE
from tests.unit.gate.gate_story import Story, at, match, phrases, reports

ON, OFF = DriveRelay(on=True), DriveRelay(on=False)
ALARM, NORMAL, OPEN, SHORT = LineState.ALARM, LineState.NORMAL, LineState.OPEN, LineState.SHORT


def test_fire_frees_the_door_until_it_is_over() -> None:
    story = Story(AccessRule("p"))
    story.tell(ContactChanged(False), at(0.0))
    began = story.tell(FireLineChanged(ALARM), at(1.0))
    assert began[0] == ON
    assert Speak("fire_free", urgent=True) in began
    assert reports(began) == [("fire.alarm", None)]
    story.tell(ContactChanged(True), at(2.0))
    assert story.tell(Tick(), at(500.0)) == []  # a door that is free is not held open
    story.tell(ContactChanged(False), at(501.0))
    assert story.state.door.relay_on
    assert story.tell(FireLineChanged(NORMAL), at(600.0))[0] == OFF


@pytest.mark.parametrize("line", [OPEN, SHORT])
def test_a_cut_or_bridged_line_is_a_fault_and_frees_nothing(line: LineState) -> None:
    story = Story()
    fault = story.tell(FireLineChanged(line), at(1.0))
    assert ON not in fault
    assert [a.data["what"] for a in fault if isinstance(a, Report)] == [f"the line is {line}"]
    assert reports(story.tell(FireLineChanged(NORMAL), at(4.0))) == [("sensor.recovered", None)]


def test_a_cable_that_burns_through_leaves_the_door_free() -> None:
    story = Story()
    story.tell(FireLineChanged(ALARM), at(1.0))
    burnt = story.tell(FireLineChanged(OPEN), at(2.0))
    assert OFF not in burnt
    assert reports(burnt) == [("sensor.fault", None)]
    assert story.tell(FireLineChanged(NORMAL), at(9.0))[0] == OFF


def test_nothing_locks_a_door_in_a_fire() -> None:
    story = Story(AccessRule("p"))
    story.tell(FireLineChanged(ALARM), at(1.0))
    for event in (OrderGiven("lockdown", "c"), OrderGiven("release", "c"), Stopping("SIGTERM"), Tick()):
        assert OFF not in story.tell(event, at(30.0))
    _, actions = story.gate.made_safe(story.state, at(31.0))
    assert actions[0] == ON
    assert OFF in story.tell(FireLineChanged(NORMAL), at(40.0))


def test_free_egress_by_order_lasts_until_it_is_released_and_not_beyond_a_stop() -> None:
    story = Story()
    assert story.tell(OrderGiven("unlock", "c", {"hold": True}), at(1.0))[0] == ON
    assert story.gate.next_deadline(story.state) is None
    story.tell(FireLineChanged(ALARM), at(2.0))
    assert OFF not in story.tell(FireLineChanged(NORMAL), at(3.0))  # it was free before the fire
    assert story.tell(OrderGiven("release", "c"), at(4.0))[0] == OFF
    story.tell(OrderGiven("unlock", "c", {"hold": True}), at(5.0))
    assert OFF in story.tell(Stopping("SIGTERM"), at(6.0))


def test_the_housing_is_told_once() -> None:
    story = Story()
    assert story.tell(TamperChanged(False), at(0.0)) == []
    assert reports(story.tell(TamperChanged(True), at(1.0))) == [("tamper.opened", None)]
    assert story.tell(TamperChanged(True), at(2.0)) == []
    assert reports(story.tell(TamperChanged(False), at(3.0))) == [("tamper.closed", None)]


LOCKED = Lock(interlock=True)


def test_an_interlock_waits_for_the_other_door() -> None:
    story = Story(AccessRule("p"), lock=LOCKED)
    story.tell(OtherDoorChanged(True), at(0.0))
    waits = story.tell(match(), at(1.0))
    assert (phrases(waits), ON in waits) == (["wait_other_door"], False)
    assert story.tell(OtherDoorChanged(False), at(3.0))[0] == ON


def test_an_interlock_waits_for_nobody_for_ever() -> None:
    story = Story(AccessRule("p"), lock=LOCKED)
    story.tell(OtherDoorChanged(True), at(0.0))
    story.tell(match(), at(1.0))
    assert reports(story.tell(Tick(), at(16.0))) == [("access.refused", "interlock")]
    assert ON not in story.tell(OtherDoorChanged(False), at(17.0))


@pytest.mark.parametrize(("other", "way_out"), [(None, True), (True, False), (False, True)])
def test_the_way_out_is_shut_only_by_a_door_that_is_known_to_be_open(other: bool | None, way_out: bool) -> None:
    story = Story(AccessRule("p"), lock=LOCKED)
    story.tell(OtherDoorChanged(other), at(0.0))
    assert (ON in story.tell(ExitPressed(), at(1.0))) is way_out
    if other is None:  # the way in is
        assert ON not in story.tell(match(), at(20.0))


def test_who_wants_out_goes_when_the_other_door_shuts() -> None:
    story = Story(lock=LOCKED)
    story.tell(OtherDoorChanged(True), at(0.0))
    story.tell(WideExitPressed(), at(1.0))
    actions = story.tell(OtherDoorChanged(False), at(2.0))
    assert reports(actions) == [("access.exit", None)]
    assert story.gate.next_deadline(story.state) == 22.0


def test_in_a_fire_the_interlock_holds_nobody() -> None:
    story = Story(lock=LOCKED)
    story.tell(OtherDoorChanged(True), at(0.0))
    assert story.tell(FireLineChanged(ALARM), at(1.0))[0] == ON


def test_who_needs_longer_gets_it_at_the_lock_and_at_the_open_door() -> None:
    story = Story(AccessRule("p", slow=True))
    story.tell(ContactChanged(False), at(0.0))
    story.tell(match(), at(0.0))
    assert story.gate.next_deadline(story.state) == 20.0
    story.tell(ContactChanged(True), at(10.0))
    assert reports(story.tell(Tick(), at(54.9))) == []
    assert reports(story.tell(Tick(), at(55.0))) == [("door.held", "warning")]


def test_somebody_quicker_takes_nothing_from_who_needs_longer() -> None:
    story = Story(AccessRule("p", slow=True), AccessRule("q"))
    story.tell(match("p"), at(0.0))
    story.tell(match("q", 2), at(1.0))
    assert story.gate.next_deadline(story.state) == 20.0
    story.tell(Tick(), at(20.0))
    story.tell(match("q", 2), at(30.0))
    assert story.gate.next_deadline(story.state) == 35.0


def passback(mode: str) -> Story:
    access = Access(passback=mode, passback_s=100.0)  # type: ignore[arg-type]
    story = Story(AccessRule("p"), access=access)
    story.tell(ContactChanged(False), at(0.0))
    return story


def comes_in(story: Story, now_s: float) -> list[object]:
    granted = story.tell(CardShown("p", "door"), at(now_s))
    if ON in granted:
        story.tell(ContactChanged(True), at(now_s + 1.0))
        story.tell(ContactChanged(False), at(now_s + 2.0))
    return granted


@pytest.mark.parametrize(
    ("mode", "after_s", "again"),
    [
        ("off", 20.0, "access.granted"),
        ("soft", 20.0, "access.granted"),
        ("hard", 20.0, "access.refused"),
        ("hard", 200.0, "access.refused"),
        ("hard", 25 * 3600.0, "access.granted"),
        ("timed", 20.0, "access.refused"),
        ("timed", 101.0, "access.granted"),
    ],
)
def test_who_has_come_in_cannot_come_in_again(mode: str, after_s: float, again: str) -> None:
    story = passback(mode)
    comes_in(story, 0.0)
    (report,) = [a for a in comes_in(story, after_s) if isinstance(a, Report)]
    assert report.type == again
    assert report.data.get("passback", False) is (mode == "soft")


def test_who_was_seen_to_leave_may_come_in_again() -> None:
    story = passback("hard")
    comes_in(story, 0.0)
    (exit_,) = [a for a in story.tell(CardShown("p", INSIDE), at(20.0)) if isinstance(a, Report)]
    assert (exit_.type, exit_.subject, dict(exit_.data)) == ("access.exit", "p", {"by": "card"})
    assert reports(comes_in(story, 40.0)) == [("access.granted", None)]


def test_who_came_in_through_a_leaf_that_stood_open_is_inside() -> None:
    story = passback("hard")
    story.tell(ContactChanged(False), at(0.5))
    story.tell(ExitPressed(), at(1.0))
    story.tell(ContactChanged(True), at(2.0))
    assert reports(story.tell(CardShown("p", "door"), at(3.0))) == [("access.granted", None)]
    story.tell(ContactChanged(False), at(5.0))
    story.tell(Tick(), at(8.0))
    assert reports(story.tell(CardShown("p", "door"), at(20.0))) == [("access.refused", "passback")]


def test_who_was_let_in_and_did_not_go_in_is_not_inside() -> None:
    story = passback("hard")
    assert ON in story.tell(CardShown("p", "door"), at(1.0))
    story.tell(Tick(), at(6.0))
    assert reports(story.tell(CardShown("p", "door"), at(20.0))) == [("access.granted", None)]


def test_a_revoked_person_may_leave() -> None:
    story = Story(replace(AccessRule("p"), revoked=True))
    assert ON in story.tell(CardShown("p", INSIDE), at(1.0))
    assert ON not in story.tell(CardShown("", INSIDE), at(9.0))
