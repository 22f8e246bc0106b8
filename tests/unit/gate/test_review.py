"""What an attacker, a fire or an unlucky moment could make of the gate's states that wait for something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.actions import KEYPAD, DriveRelay, Report
from edge.config.schema import Access, Lock
from edge.events import (
    AccessRule,
    CardShown,
    ContactChanged,
    Event,
    ExitPressed,
    FaceUnknown,
    FireLineChanged,
    GestureSeen,
    Life,
    LineState,
    OrderGiven,
    OtherDoorChanged,
    PassShown,
    PinChecked,
    PinTyped,
    PinVerdict,
    RosterChanged,
    Stopping,
    Tick,
    WideExitPressed,
)
from edge.gate import pins
from edge.gate.access import Attempts, Past, record_failure, restored
from edge.gate.cards import INSIDE
from tests.unit.gate.gate_story import Story, at, match, phrases, reports
from tests.unit.gate.test_challenge import DOUBTED, asked
from tests.unit.gate.test_typed_pins import enter

ON = DriveRelay(on=True)


def makes_both_gestures(story: Story, now_s: float, *, strong: bool = False) -> list[object]:
    one, two = asked(story)
    return [
        *story.tell(GestureSeen(1, one, "p"), at(now_s)),
        *story.tell(GestureSeen(1, two, "p"), at(now_s + 2.0)),
        *story.tell(match(strong=strong), at(now_s + 2.5)),
    ]


def lock_out(story: Story, now_s: float) -> None:
    for track in range(10, 15):
        story.tell(FaceUnknown(track, 0.2, 0.6, 5), at(now_s))
    assert story.state.attempts.locked(now_s)


def test_gestures_that_were_asked_for_before_a_lockdown_open_nothing_in_it() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    gestures = asked(story)
    story.tell(OrderGiven("lockdown", "c"), at(1.5))
    for number, made in enumerate(gestures):
        assert story.tell(GestureSeen(1, made, "p"), at(3.0 + 2.0 * number)) == []
    assert reports(story.tell(match(strong=True), at(5.5))) == [("access.refused", "lockdown")]


def test_gestures_that_were_asked_for_before_a_lock_out_do_not_get_round_it() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    lock_out(story, 1.5)
    actions = makes_both_gestures(story, 3.0)
    assert ON not in actions
    assert reports(actions) == [("access.refused", "locked_out")]


@pytest.mark.parametrize("life", [Life.DOUBT, Life.SPOOF])
def test_in_a_lock_out_a_picture_does_not_show_who_is_enrolled(life: Life) -> None:
    heard = []
    for face in (replace(match(strong=True), life=life), FaceUnknown(1, 0.2, 0.6, 5, life)):
        story = Story(AccessRule("p"))
        lock_out(story, 1.0)
        heard.append(phrases(story.tell(face, at(7.0))))
    assert heard[0] == heard[1] != []


def test_in_a_lock_out_a_strong_match_that_makes_its_gestures_passes() -> None:
    story = Story(AccessRule("p"))
    lock_out(story, 1.0)
    story.tell(replace(DOUBTED, strong=True), at(2.0))
    assert ON in makes_both_gestures(story, 4.0, strong=True)


def interlocked(*people: AccessRule, passback: str = "off") -> Story:
    """Before an interlock whose other door stands open."""
    story = Story(*people, access=Access(passback=passback), lock=Lock(interlock=True))  # type: ignore[arg-type]
    story.tell(ContactChanged(False), at(0.5))
    story.tell(OtherDoorChanged(True), at(0.5))
    return story


def test_a_face_that_is_seen_again_while_it_waits_has_not_come_in_twice() -> None:
    story = interlocked(AccessRule("p"), passback="hard")
    story.tell(match(), at(1.0))
    assert reports(story.tell(match(), at(4.0))) == []
    assert reports(story.tell(OtherDoorChanged(False), at(5.0))) == [("access.granted", None)]
    story.tell(Tick(), at(10.0))  # the lock falls, and nobody has opened the door
    assert reports(story.tell(match(), at(30.0))) == [("access.granted", None)]


@pytest.mark.parametrize("ends", [OrderGiven("lockdown", "c"), FireLineChanged(LineState.ALARM)])
def test_who_waited_in_vain_is_not_inside(ends: Event) -> None:
    story = interlocked(AccessRule("p"), passback="hard")
    story.tell(match(), at(1.0))
    story.tell(ends, at(2.0))
    assert dict(story.state.inside) == {}


def test_a_visitor_who_waited_in_vain_does_not_take_their_host_out() -> None:
    story = interlocked(AccessRule("p"), passback="hard")
    story.tell(OtherDoorChanged(False), at(0.6))
    story.tell(CardShown("p", "door"), at(1.0))
    story.tell(ContactChanged(True), at(2.0))
    story.tell(ContactChanged(False), at(3.0))
    story.tell(OtherDoorChanged(True), at(4.0))
    story.tell(PassShown("n", "p", visitor=True), at(5.0))
    assert reports(story.tell(Tick(), at(20.0))) == [("access.refused", "interlock")]
    assert reports(story.tell(CardShown("p", "door"), at(30.0))) == [("access.refused", "passback")]


def test_who_left_by_card_through_an_interlock_was_seen_to_leave() -> None:
    story = interlocked(AccessRule("p"), passback="hard")
    story.tell(OtherDoorChanged(False), at(0.6))
    story.tell(CardShown("p", "door"), at(1.0))
    story.tell(ContactChanged(True), at(2.0))
    story.tell(ContactChanged(False), at(3.0))
    story.tell(OtherDoorChanged(True), at(20.0))
    story.tell(CardShown("p", INSIDE), at(21.0))
    (left,) = [a for a in story.tell(OtherDoorChanged(False), at(22.0)) if isinstance(a, Report)]
    assert (left.type, left.subject, dict(left.data)) == ("access.exit", "p", {"by": "card"})
    assert dict(story.state.inside) == {}


@pytest.mark.parametrize(("people", "reason"), [([AccessRule("p", revoked=True)], "revoked"), ([], "unknown")])
def test_who_is_revoked_while_they_wait_is_not_let_in(people: list[AccessRule], reason: str) -> None:
    story = interlocked(AccessRule("p"))
    story.tell(match(), at(1.0))
    story.tell(RosterChanged({rule.person: rule for rule in people}), at(2.0))
    actions = story.tell(OtherDoorChanged(False), at(3.0))
    assert ON not in actions
    assert (reports(actions), phrases(actions)) == ([("access.refused", reason)], ["refused_unknown"])


def test_a_lockdown_does_not_end_the_waiting_of_somebody_who_wants_out() -> None:
    story = interlocked()
    story.tell(ExitPressed(), at(1.0))
    story.tell(OrderGiven("lockdown", "c"), at(2.0))
    assert reports(story.tell(OtherDoorChanged(False), at(3.0))) == [("access.exit", None)]


def test_another_door_that_is_not_known_any_more_lets_out_and_not_in() -> None:
    out, in_ = interlocked(), interlocked(AccessRule("p"))
    out.tell(ExitPressed(), at(1.0))
    in_.tell(match(), at(1.0))
    assert out.tell(OtherDoorChanged(None), at(2.0))[0] == ON
    assert in_.tell(OtherDoorChanged(None), at(2.0)) == []


def test_who_wants_out_is_not_kept_inside_by_who_waits_outside() -> None:
    story = interlocked(AccessRule("p"))
    story.tell(match(), at(1.0))
    story.tell(ExitPressed(), at(14.0))
    assert reports(story.tell(Tick(), at(16.0))) == [("access.refused", "interlock")]
    assert reports(story.tell(OtherDoorChanged(False), at(18.0))) == [("access.exit", None)]


@pytest.mark.parametrize(
    "meanwhile",
    [
        RosterChanged({"p": AccessRule("p", revoked=True), "q": AccessRule("q")}),
        OrderGiven("lockdown", "c"),
        Tick(),
    ],
)
def test_whoever_waits_before_an_interlock_goes_in_the_end_each_as_they_asked(meanwhile: Event) -> None:
    story = interlocked(AccessRule("p"), AccessRule("q"))
    story.tell(match(), at(1.0))
    story.tell(WideExitPressed(), at(2.0))
    story.tell(PassShown("n", "q", visitor=True), at(3.0))
    story.tell(ExitPressed(), at(4.0))  # takes nothing from who was given longer, and prolongs the wait
    story.tell(CardShown("p", "door"), at(5.0))  # the same person again is one
    story.tell(meanwhile, at(6.0))
    actions = story.tell(OtherDoorChanged(False), at(15.5))
    came = [a.subject for a in actions if isinstance(a, Report) and a.type == "access.granted"]
    assert came == {RosterChanged: ["q"], OrderGiven: [], Tick: ["p", "q"]}[type(meanwhile)]
    assert ("access.exit", None) in reports(actions)
    assert story.state.door.relock_at == 15.5 + Lock().wide_unlock_s
    assert story.state.waiting == ()


def test_who_came_in_meanwhile_is_not_waited_for_any_more() -> None:
    story = interlocked(AccessRule("p"), AccessRule("q"), passback="hard")
    story.tell(match(), at(1.0))
    story.tell(match("q", track=2), at(1.5))
    story.tell(OrderGiven("unlock", "c", {"hold": True}), at(2.0))
    assert reports(story.tell(match(), at(3.0))) == [("access.granted", None)]
    story.tell(ContactChanged(True), at(4.0))
    story.tell(ContactChanged(False), at(5.0))
    story.tell(OrderGiven("release", "d"), at(6.0))
    came = [a.subject for a in story.tell(OtherDoorChanged(False), at(8.0)) if isinstance(a, Report)]
    assert came == ["q"]


@pytest.mark.parametrize("frees", [OrderGiven("unlock", "c", {"hold": True}), FireLineChanged(LineState.ALARM)])
def test_before_a_door_that_is_free_nobody_is_told_to_wait(frees: Event) -> None:
    story = interlocked(AccessRule("p"))
    story.tell(frees, at(1.0))
    assert "wait_other_door" not in phrases(story.tell(ExitPressed(), at(2.0)) + story.tell(match(), at(3.0)))
    assert story.state.waiting == ()


@pytest.mark.parametrize(
    ("frees", "ends"),
    [
        (OrderGiven("unlock", "c", {"hold": True}), OrderGiven("release", "d")),
        (FireLineChanged(LineState.ALARM), FireLineChanged(LineState.NORMAL)),
    ],
)
def test_who_fled_through_a_free_door_may_come_back(frees: Event, ends: Event) -> None:
    story = interlocked(AccessRule("p"), passback="hard")
    story.tell(OtherDoorChanged(False), at(0.6))
    story.tell(CardShown("p", "door"), at(1.0))
    story.tell(ContactChanged(True), at(2.0))
    story.tell(ContactChanged(False), at(3.0))
    story.tell(frees, at(100.0))
    story.tell(ends, at(200.0))
    assert reports(story.tell(CardShown("p", "door"), at(300.0))) == [("access.granted", None)]


def test_a_press_inside_does_not_make_somebody_come_in_who_missed_the_door() -> None:
    story = interlocked(AccessRule("p"), passback="hard")
    story.tell(OtherDoorChanged(False), at(0.6))
    story.tell(CardShown("p", "door"), at(1.0))
    story.tell(ExitPressed(), at(2.0))
    story.tell(Tick(), at(7.0))
    assert reports(story.tell(CardShown("p", "door"), at(20.0))) == [("access.granted", None)]


def test_wrong_pins_on_many_residents_push_out_no_count() -> None:
    tried = pins.over(pins.begin(pins.Pins(), "victim", "victim", Access(), 0.0))
    for number in range(100):
        tried = pins.over(pins.begin(tried, f"p{number}", f"p{number}", Access(), 1.0 + number))
    assert tried.tried["victim"].failures == 1
    assert tried.tried[KEYPAD].failures == 101


def test_a_number_of_nobody_that_was_typed_just_now_is_not_the_one_that_is_forgotten() -> None:
    tried = pins.over(pins.begin(pins.Pins(), "", "#999", Access(), 0.0))
    for number in range(63):
        tried = pins.over(pins.begin(tried, "", f"#{number}", Access(), 1.0 + number))
    tried = pins.over(pins.begin(tried, "", "#999", Access(), 70.0))
    tried = pins.over(pins.begin(tried, "", "#63", Access(), 71.0))
    assert tried.tried["#999"].failures == 2


def test_a_keypad_that_is_used_all_day_forgets_wrong_ones_too() -> None:
    story = Story(AccessRule("p", number="101"))
    for quarter in range(3 * pins.KEYPAD_FAILURES):
        now_s = quarter * (pins.KEYPAD_FORGETS_S + 1.0)
        enter(story, str(500 + quarter), PinVerdict.WRONG, now_s)
        enter(story, "101", PinVerdict.RIGHT, now_s + 300.0)
        enter(story, "101", PinVerdict.RIGHT, now_s + 600.0)
    assert story.state.pins.tried[KEYPAD].failures <= 2


@pytest.mark.parametrize("meanwhile", [FireLineChanged(LineState.ALARM), Stopping("SIGTERM")])
@pytest.mark.parametrize("verdict", [PinVerdict.RIGHT, PinVerdict.DURESS, PinVerdict.WRONG])
def test_a_pin_that_is_being_compared_when_a_fire_begins_or_the_device_stops(
    meanwhile: Event, verdict: PinVerdict
) -> None:
    story = Story(AccessRule("p", number="101"))
    story.tell(PinTyped("101", "1379"), at(1.0))
    story.tell(meanwhile, at(1.1))
    actions = story.tell(PinChecked(1, "p", verdict), at(1.2))
    assert reports(actions) == ([("alarm.duress", None)] if verdict is PinVerdict.DURESS else [])
    assert phrases(actions) == phrases(story.tell(Tick(), at(20.0))) == []
    assert ("p" in story.state.pins.counts()) is (verdict is PinVerdict.WRONG)


def test_duress_whose_answer_came_too_late_opens_nothing_and_is_told() -> None:
    story = Story(AccessRule("p", number="101"))
    story.tell(PinTyped("101", "1379"), at(1.0))
    story.tell(Tick(), at(1.0 + pins.ANSWER_S))
    actions = story.tell(PinChecked(1, "p", PinVerdict.DURESS), at(12.0))
    assert (ON in actions, reports(actions)) == (False, [("alarm.duress", None)])


def test_after_a_card_in_the_words_for_strangers_a_pin_is_a_strangers() -> None:
    heard = []
    for person in ("p", ""):
        story = Story(AccessRule("p", ways=("face",)))
        said = phrases(story.tell(CardShown(person, "door"), at(1.0)))
        heard.append((said, phrases(story.tell(PinTyped("", "1379"), at(8.0)))))
    assert heard[0] == heard[1] == (["refused_unknown"], ["need_number"])


def test_a_revoked_card_is_not_told_from_a_strangers_by_hearing_it_twice() -> None:
    heard = []
    for person in ("p", ""):
        story = Story(AccessRule("p", revoked=True))
        story.tell(CardShown("", "door"), at(1.0))
        heard.append(phrases(story.tell(CardShown(person, "door"), at(2.0))))
    assert heard[0] == heard[1] == []


def test_who_stands_there_and_has_come_in_already_is_one_event_in_half_a_minute() -> None:
    story = Story(AccessRule("p"), access=Access(passback="timed"))
    story.tell(ContactChanged(False), at(0.0))
    story.tell(match(), at(1.0))
    story.tell(ContactChanged(True), at(2.0))
    story.tell(ContactChanged(False), at(3.0))
    told = [reports(story.tell(match(), at(20.0 + 3.0 * look))) for look in range(10)]
    assert told == [[("access.refused", "passback")]] + 9 * [[]]


def test_a_restart_takes_neither_failures_nor_a_lock_out_of_faces_back() -> None:
    refused, begun = {"reason": "unknown", "score": 0.2}, {"reason": "locked_out", "score": 0.2, "lockout_s": 120.0}
    settings = Access()

    def after(*events: tuple[str, dict[str, object], float]) -> Attempts:
        return restored([Past(*event) for event in events], settings, 1000.0)

    out = after(("access.refused", {"reason": "pin"}, 3.0), ("access.refused", begun, 20.0))
    assert out.locked_until == 980.0 + settings.lockout_s
    granted = ("access.granted", {}, 5.0)  # a resident's card, an order of the office
    assert after(granted, ("access.refused", begun, 20.0)).locked(1000.0)
    assert after(granted, ("access.refused", refused, 20.0)) == Attempts()
    served = after(("access.refused", begun, settings.lockout_s), ("access.refused", refused, 200.0))
    assert served == Attempts()
    short = replace(settings, lockout_s=10.0)  # what came after a lock-out that is over counts
    past = [
        Past("access.refused", refused, 1.0),
        Past("access.refused", begun, 20.0),
        Past("access.refused", refused, 30.0),
    ]
    assert len(restored(past, short, 1000.0).failures) == 1
    four = after(*[("access.refused", refused, 1.0)] * 9)
    assert len(four.failures) == settings.lockout_failures - 1
    assert record_failure(four, settings, 1, 1001.0)[1]
    old = ("access.refused", refused, settings.lockout_window_s)
    late = ("access.refused", {"reason": "schedule", "score": 0.7}, 1.0)  # somebody known, at the wrong hour
    assert after(old, late) == Attempts()
