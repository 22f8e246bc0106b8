"""PINs: counted before they are compared, and locked out by nothing but themselves."""

from __future__ import annotations

import pytest

from edge.actions import KEYPAD, CheckPin, DriveRelay, KeepFailures, Report
from edge.events import (
    AccessRule,
    FireLineChanged,
    LineState,
    OrderGiven,
    PinChecked,
    PinTyped,
    PinVerdict,
    Tick,
)
from edge.gate import pins
from edge.gate.pins import KEYPAD_FAILURES, KEYPAD_FORGETS_S, lockout_s, restored
from tests.unit.gate.gate_story import ACCESS, Story, at, phrases, reports

PEOPLE = (AccessRule("p", number="101"), AccessRule("q", number="102", revoked=True))


def enter(story: Story, number: str, verdict: PinVerdict, now_s: float) -> list[object]:
    """Type a PIN and have it compared; what was done about it. Nothing was handed out where too many were wrong."""
    typed = story.tell(PinTyped(number, "1379"), at(now_s))
    checks = [action for action in typed if isinstance(action, CheckPin)]
    if not checks:
        return typed
    return story.tell(PinChecked(checks[0].ticket, checks[0].person, verdict), at(now_s))


def test_number_and_pin_open_the_door() -> None:
    story = Story(*PEOPLE)
    actions = enter(story, "101", PinVerdict.RIGHT, 1.0)
    assert actions[0] == DriveRelay(on=True)
    assert reports(actions) == [("access.granted", None)]
    assert KeepFailures({}) in actions


def test_a_pin_alone_asks_for_the_number() -> None:
    assert phrases(Story(*PEOPLE).tell(PinTyped("", "1379"), at(1.0))) == ["need_number"]


def test_wrong_unknown_and_revoked_take_the_same_path_and_hear_the_same() -> None:
    heard = []
    for number, verdict in (("101", PinVerdict.WRONG), ("999", PinVerdict.WRONG), ("102", PinVerdict.RIGHT)):
        story = Story(*PEOPLE)
        typed = story.tell(PinTyped(number, "1379"), at(1.0))
        (check,) = typed
        assert isinstance(check, CheckPin)
        answer = story.tell(PinChecked(check.ticket, check.person, verdict), at(1.2))
        heard.append((len(check.failures), phrases(answer)))
    assert [one[0] for one in heard] == [2, 2, 2]
    assert {tuple(one[1]) for one in heard} <= {("refused_unknown",), ("refused_revoked",)}  # the same words


def test_duress_opens_as_ever_and_tells_the_office_alone() -> None:
    as_ever, forced = Story(*PEOPLE), Story(*PEOPLE)
    usual, silent = enter(as_ever, "101", PinVerdict.RIGHT, 1.0), enter(forced, "101", PinVerdict.DURESS, 1.0)
    told = [a for a in silent if isinstance(a, Report) and a.type == "alarm.duress"]
    assert [(one.subject, int(one.priority)) for one in told] == [("p", 0)]
    assert [a for a in silent if a not in told] == usual


def test_duress_is_told_in_a_lockdown_too() -> None:
    story = Story(*PEOPLE)
    story.tell(OrderGiven("lockdown", "c"), at(0.5))
    actions = enter(story, "101", PinVerdict.DURESS, 1.0)
    assert ("alarm.duress", None) in reports(actions)
    assert ("access.refused", "lockdown") in reports(actions)


@pytest.mark.parametrize("number", ["101", "999"])
def test_five_wrong_ones_lock_the_number_out_whether_it_is_anybodys_or_not(number: str) -> None:
    story = Story(*PEOPLE)
    for attempt in range(5):
        last = enter(story, number, PinVerdict.WRONG, attempt)
    assert reports(last) == [("access.refused", "locked_out")]
    locked = enter(story, number, PinVerdict.RIGHT, 6.0)
    assert not any(isinstance(action, DriveRelay | CheckPin) for action in locked)
    assert reports(enter(story, "102" if number == "101" else "101", PinVerdict.RIGHT, 7.0))  # others go on
    story.tell(PinTyped(number, "1"), at(4.0 + ACCESS.lockout_s - 0.1))
    assert story.state.pins.entry is None
    story.tell(PinTyped(number, "1"), at(4.0 + ACCESS.lockout_s))
    assert story.state.pins.entry is not None


def test_duress_is_told_in_a_lock_out_too_of_which_nothing_else_is_to_be_seen() -> None:
    for number in ("101", "999"):
        story = Story(*PEOPLE)
        for attempt in range(5):
            enter(story, number, PinVerdict.WRONG, attempt)
        before = story.state.pins.counts()
        actions = story.tell(PinTyped(number, "1379"), at(30.0))
        assert phrases(actions) == ["refused_locked_out"]
        (check,) = [a for a in actions if isinstance(a, CheckPin)]
        assert check.failures == before
        assert story.tell(PinChecked(check.ticket, check.person, PinVerdict.RIGHT), at(30.2)) == []
        forced = story.tell(PinChecked(check.ticket, check.person, PinVerdict.DURESS), at(30.3))
        assert reports(forced) == [("alarm.duress", None)]
        assert not any(isinstance(a, CheckPin) for a in story.tell(PinTyped(number, "1379"), at(31.0)))  # a core's time


@pytest.mark.parametrize("tries", [0, 5])
def test_duress_is_told_in_a_fire_too_and_nothing_is_said(tries: int) -> None:
    story = Story(*PEOPLE)
    for attempt in range(tries):
        enter(story, "101", PinVerdict.WRONG, attempt)
    story.tell(FireLineChanged(LineState.ALARM), at(10.0))
    assert story.tell(PinTyped("", "1379"), at(11.0)) == []
    (check,) = story.tell(PinTyped("101", "1379"), at(12.0))
    assert isinstance(check, CheckPin)
    actions = story.tell(PinChecked(check.ticket, "p", PinVerdict.DURESS), at(12.2))
    assert reports(actions) == [("alarm.duress", None)]
    assert phrases(actions) == []


def test_a_pin_that_could_not_be_counted_opens_nothing_and_its_duress_is_told() -> None:
    for verdict, alarms in ((PinVerdict.RIGHT, 0), (PinVerdict.DURESS, 1)):
        story = Story(*PEOPLE)
        (check,) = story.tell(PinTyped("101", "1379"), at(1.0))
        assert isinstance(check, CheckPin)
        actions = story.tell(PinChecked(check.ticket, "p", verdict, opens=False), at(1.2))
        assert reports(actions) == [("access.refused", "pin"), ("alarm.duress", None)][: 1 + alarms]
        assert not any(isinstance(action, DriveRelay) for action in actions)


def test_the_times_double_and_the_keypad_as_a_whole_rests_later() -> None:
    assert [lockout_s("p", n, ACCESS) for n in (4, 5, 6, 10, 15, 1000)] == [0.0, 120.0, 0.0, 240.0, 480.0, 3600.0]
    assert [lockout_s(KEYPAD, n, ACCESS) for n in (5, 19, 20, 40)] == [0.0, 0.0, 120.0, 240.0]


def test_one_pin_on_many_numbers_closes_the_keypad() -> None:
    story = Story(*PEOPLE)
    for attempt in range(KEYPAD_FAILURES):
        last = enter(story, str(500 + attempt), PinVerdict.WRONG, attempt)
    assert reports(last) == [("access.refused", "locked_out")]
    story.tell(PinTyped("101", "1379"), at(30.0))
    assert story.state.pins.entry is None


def test_residents_who_mistype_do_not_close_the_keypad_over_a_year() -> None:
    story = Story(*PEOPLE)
    for attempt in range(3 * KEYPAD_FAILURES):
        enter(story, str(500 + attempt), PinVerdict.WRONG, attempt * (KEYPAD_FORGETS_S + 1.0))
    assert story.state.pins.tried[KEYPAD].failures == 1


def test_a_right_one_takes_back_its_own_failures_and_not_the_keypads() -> None:
    story = Story(*PEOPLE)
    for attempt in range(4):
        enter(story, "101", PinVerdict.WRONG, attempt)
    enter(story, "101", PinVerdict.RIGHT, 5.0)
    assert dict(story.state.pins.counts()) == {KEYPAD: 4}


def test_a_restart_begins_a_full_lock_out_anew() -> None:
    before = restored({"p": 5, KEYPAD: 7, "q": 3}, ACCESS, 1000.0)
    assert before.locked("p", 1000.0 + ACCESS.lockout_s - 0.1)
    assert not before.locked("p", 1000.0 + ACCESS.lockout_s)
    assert not before.locked("q", 1000.0)


def test_an_answer_that_never_comes_stays_counted() -> None:
    story = Story(*PEOPLE)
    story.tell(PinTyped("101", "1379"), at(1.0))
    assert story.gate.next_deadline(story.state) == 1.0 + pins.ANSWER_S
    assert story.tell(PinTyped("101", "1379"), at(2.0)) == []
    assert reports(story.tell(Tick(), at(1.0 + pins.ANSWER_S))) == [("access.refused", "pin")]
    assert dict(story.state.pins.counts()) == {"p": 1, KEYPAD: 1}


def test_numbers_of_nobody_do_not_push_out_the_counts_of_residents() -> None:
    tried = pins.Pins()
    tried = pins.over(pins.begin(tried, "p", "p", ACCESS, 0.0))
    for number in range(200):
        tried = pins.over(pins.begin(tried, "", f"#{number}", ACCESS, 1.0 + number))
    assert tried.tried["p"].failures == 1
    assert len(tried.tried) <= 64 + 2


def test_the_pin_is_not_to_be_read_from_a_log() -> None:
    assert "1379" not in repr(PinTyped("101", "1379"))
    assert "1379" not in repr(CheckPin(1, "p", "1379"))
