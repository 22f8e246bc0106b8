"""The station as a table: one situation, one answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from edge.actions import Announce, Answer, DayTime, KeepClip, KeepItem, Report, Speak, Term
from edge.bin_events import (
    Button,
    ButtonPressed,
    DropSensed,
    HandSensed,
    ItemGone,
    ItemPassed,
    ItemShown,
    LevelRead,
    LidMoved,
    LidPosition,
    Look,
    NeighbourTold,
    PresenceChanged,
    Reading,
    SceneJudged,
    SceneState,
    SmokeSensed,
    TemperatureRead,
    ViewCovered,
)
from edge.config.station import Hours
from edge.config.wiring import NoLid
from edge.events import (
    AccessRule,
    ComponentFailed,
    ComponentRecovered,
    FaceMatched,
    OrderGiven,
    RosterChanged,
    Started,
    Stopping,
    Tick,
)
from edge.waste.decision import Station as Core
from edge.waste.verdict import Kind, Verdict
from tests.unit.waste.station_samples import (
    BINS,
    MONDAY_NOON,
    STATION,
    Story,
    at,
    buttonless,
    data,
    lamps,
    lids,
    look,
    reports,
    rules,
    said,
    with_hours,
)

PAPER = look(recyclable=0.95, kitchen=0.05)
DOUBT = look(kitchen=0.5, other=0.4)
STRANGE = (Look({"recyclable": 0.99}, familiar=False),)


def level(name: str, percent: float) -> LevelRead:
    return LevelRead(name, "main", Reading(distance_mm=percent))


# --- guidance


def test_who_comes_is_greeted_once() -> None:
    story = Story()
    assert said(story.tell(PresenceChanged(True), 1.0)) == ["station_greeting"]
    assert said(story.tell(PresenceChanged(False), 20.0)) == []
    assert story.core.next_deadline(story.state) == 28.0
    story.tell(Tick(), 28.0)
    assert story.state.visit is None
    assert said(story.tell(PresenceChanged(True), 40.0)) == []
    story.tell(PresenceChanged(False), 50.0)
    story.tell(Tick(), 60.0)
    assert said(story.tell(PresenceChanged(True), 62.0)) == ["station_greeting"]


def test_an_item_held_up_is_named_and_the_emptiest_right_bin_opens_and_is_lit() -> None:
    story = Story()
    story.tell(level("paper", 60.0), 0.0)
    story.tell(level("paper-2", 20.0), 0.0)
    actions = story.tell(ItemShown(1, PAPER), 1.0)
    assert said(actions) == ["sort_into"]
    assert lids(actions) == [("paper-2", True)]
    assert lamps(actions) == {"paper-2": "guide"}
    assert actions[-2:][0] == Speak("sort_into", values=MappingProxyType({"category": Term("recyclable")}))


def test_the_same_item_is_not_named_again_and_again() -> None:
    story = Story()
    story.tell(ItemShown(1, PAPER), 1.0)
    assert said(story.tell(ItemShown(2, PAPER), 3.0)) == []
    assert said(story.tell(ItemShown(3, PAPER), 9.5)) == ["sort_into"]


def test_doubt_asks_one_question_and_the_answer_counts() -> None:
    story = Story()
    actions = story.tell(ItemShown(1, DOUBT), 1.0)
    assert said(actions)[-1] == "sort_ask"
    assert lids(actions) == []
    assert lids(story.tell(ButtonPressed(Button.NO), 4.0)) == [("other", True)]
    (first, *_) = story.tell(ItemPassed(1, "other", DOUBT), 6.0) or [None]
    assert first is None
    assert data(story.tell(Tick(), 7.5), "waste.dropped")["category"] == "other"


def test_a_question_that_nobody_answers_opens_both() -> None:
    story = Story()
    story.tell(ItemShown(1, DOUBT), 1.0)
    assert story.core.next_deadline(story.state) == 1.0 + STATION.answer_s
    actions = story.tell(Tick(), 11.0)
    assert said(actions) == ["sort_either"]
    assert lids(actions) == [("kitchen", True), ("other", True)]


def test_without_buttons_nothing_is_asked() -> None:
    story = Story(rules(buttonless()))
    actions = story.tell(ItemShown(1, DOUBT), 1.0)
    assert said(actions)[-1] == "sort_either"
    assert len(lids(actions)) == 2


@pytest.mark.parametrize(
    ("looks", "parts", "phrase"), [(PAPER, 2, "sort_mixed"), (STRANGE, 1, "sort_unknown"), ((), 1, None)]
)
def test_what_it_does_not_know_it_says(looks: tuple[Look, ...], parts: int, phrase: str | None) -> None:
    story = Story()
    story.tell(PresenceChanged(True), 0.0)
    actions = story.tell(ItemShown(1, looks, parts), 1.0)
    assert said(actions) == ([phrase] if phrase else [])
    assert lids(actions) == []


def test_where_no_button_opens_a_lid_the_unknown_opens_all() -> None:
    story = Story(rules(buttonless()))
    assert {name for name, _ in lids(story.tell(ItemShown(1, STRANGE), 1.0))} == set(BINS)


@pytest.mark.parametrize("blind", ["station-camera", "item-vision", "covered", "no camera"])
def test_eyes_that_fail_leave_open_lids(blind: str) -> None:
    station = buttonless(replace(STATION, camera=None) if blind == "no camera" else STATION)
    story = Story(rules(station))
    if blind == "covered":
        story.tell(ViewCovered(True), 0.5)
    elif blind != "no camera":
        story.tell(ComponentFailed(blind, "no pictures"), 0.5)
    assert {name for name, _ in lids(story.tell(PresenceChanged(True), 1.0))} == set(BINS)
    if blind in ("station-camera", "item-vision"):
        story.tell(ComponentRecovered(blind, 3.0), 100.0)
        story.tell(Tick(), 200.0)
        story.tell(PresenceChanged(False), 300.0)
        story.tell(Tick(), 310.0)
        assert lids(story.tell(PresenceChanged(True), 400.0)) == []


def test_a_category_that_no_bin_here_takes() -> None:
    story = Story(rules(bins={"paper": BINS["paper"]}))
    assert said(story.tell(ItemShown(1, look(kitchen=0.99, other=0.01)), 1.0))[-1] == "sort_elsewhere"


# --- drops


def test_what_three_senses_say_of_one_drop_is_one_event() -> None:
    story = Story()
    story.tell(ItemShown(4, PAPER), 1.0)
    story.tell(ItemPassed(4, "paper", PAPER), 3.0)
    story.tell(DropSensed("paper"), 3.2)
    story.tell(DropSensed("paper", 120.0), 4.0)
    actions = story.tell(Tick(), 4.5)
    found = data(actions, "waste.dropped")
    assert (found["by"], found["category"], found["load_g"]) == (["camera", "beam", "scale"], "recyclable", 120.0)
    assert KeepItem(4, "boot-0") in actions
    assert said(actions) == ["station_thanks"]
    assert reports(story.tell(Tick(), 30.0)) == []


def test_two_drops_in_a_row_are_two_events() -> None:
    story = Story()
    story.tell(DropSensed("paper"), 1.0)
    story.tell(DropSensed("paper"), 1.4)
    story.tell(DropSensed("kitchen"), 1.5)
    actions = story.tell(Tick(), 5.0)
    assert reports(actions) == ["waste.dropped"] * 3
    numbers = [action.data["drop"] for action in actions if isinstance(action, Report)]
    assert len(set(numbers)) == 3


def test_what_the_beam_alone_saw_is_what_was_held_up() -> None:
    story = Story()
    story.tell(ItemShown(4, PAPER), 1.0)
    story.tell(ItemGone(4), 2.0)
    story.tell(DropSensed("kitchen"), 4.0)
    actions = story.tell(Tick(), 6.0)
    assert data(actions, "waste.missorted")["category"] == "recyclable"
    assert said(actions) == ["wrong_bin"]
    assert lamps(actions)["kitchen"] == "wrong"
    story.tell(DropSensed("kitchen"), 8.0)  # one item is thrown in once
    assert "category" not in data(story.tell(Tick(), 10.0), "waste.dropped")


def test_points_only_for_one_who_is_known_and_right() -> None:
    story = Story(rules(identifies=True))
    story.tell(RosterChanged({"p": AccessRule("p"), "q": AccessRule("q"), "r": AccessRule("r", revoked=True)}), 0.0)
    story.tell(FaceMatched(1, "p", 0.9, 0.5, 3), 1.0)
    story.tell(FaceMatched(1, "r", 0.9, 0.5, 3), 1.0)
    story.tell(ItemPassed(1, "paper", PAPER), 2.0)
    (report,) = [one for one in story.tell(Tick(), 4.0) if isinstance(one, Report)]
    assert (report.subject, report.data["points"]) == ("p", 1)
    story.tell(FaceMatched(2, "q", 0.9, 0.5, 3), 5.0)  # now there are two
    story.tell(ItemPassed(2, "paper", PAPER), 6.0)
    (report,) = [one for one in story.tell(Tick(), 8.0) if isinstance(one, Report)]
    assert (report.subject, "points" in report.data) == ("", False)


def test_a_gates_camera_identifies_nobody_at_the_bins() -> None:
    story = Story()
    story.tell(RosterChanged({"p": AccessRule("p")}), 0.0)
    story.tell(FaceMatched(1, "p", 0.9, 0.5, 3), 1.0)
    assert story.state.visit is None


def test_a_shadow_in_an_opening_is_no_drop_unless_another_sense_says_so() -> None:
    story = Story()
    shadow = (Look({"nothing": 0.99, "other": 0.01}),)
    story.core = Core(replace(rules(), judge=lambda _looks, _parts: Verdict(Kind.NOTHING)))
    story.tell(ItemPassed(1, "paper", shadow), 1.0)
    assert reports(story.tell(Tick(), 5.0)) == []
    story.tell(ItemPassed(2, "paper", ()), 6.0)  # eyes without a classifier see that something fell
    assert reports(story.tell(Tick(), 8.0)) == ["waste.dropped"]


# --- full, hours


def test_a_full_bin_sends_people_to_its_twin_then_to_the_nearest_station_then_tells_when() -> None:
    story = Story()
    story.tell(level("paper", 95.0), 0.0)
    assert story.state.bins["paper"].lamp == "full"
    assert lids(story.tell(ItemShown(1, PAPER), 1.0)) == [("paper-2", True)]
    story.tell(level("paper-2", 95.0), 2.0)
    story.tell(NeighbourTold("far", {"recyclable": 10.0}), 3.0)
    story.tell(NeighbourTold("near", {"recyclable": 90.0}), 3.0)
    (speak,) = [one for one in story.tell(ItemShown(2, PAPER), 10.0) if isinstance(one, Speak)]
    assert speak.phrase == "bin_full_other"
    assert speak.values == {"station": Term("far"), "walk_m": 400}
    story.tell(NeighbourTold("near", {"recyclable": 40.0}), 11.0)
    (speak,) = [one for one in story.tell(ItemShown(3, PAPER), 20.0) if isinstance(one, Speak)]
    assert speak.values["walk_m"] == 90
    assert said(story.tell(ItemShown(4, PAPER), 30_000.0))[-1] == "bin_full"  # what was heard is hours old
    assert lids(story.tell(ButtonPressed(Button.OPEN, "paper"), 30_001.0)) == [("paper", True)]  # who asks is let in


def test_who_finds_it_full_hears_when_it_is_emptied() -> None:
    story = Story(rules(replace(STATION, neighbours={}, collected=("tue 06:30-07:00",))))
    for name in ("paper", "paper-2"):
        story.tell(level(name, 95.0), 0.0)
    (speak,) = [one for one in story.tell(ItemShown(1, PAPER), at(1.0)) if isinstance(one, Speak)]
    assert (speak.phrase, speak.values) == ("bin_emptied_by", {"time": DayTime(6 * 60 + 30, 1)})


def test_outside_the_hours_it_says_when_and_a_drop_all_the_same_is_recorded() -> None:
    story = Story(rules(with_hours(recyclable=Hours(("mon-fri 18:00-20:00",)))))
    actions = story.tell(ItemShown(1, PAPER), at(1.0))
    (speak,) = [one for one in actions if isinstance(one, Speak)]
    assert (speak.phrase, speak.values) == ("closed_until", {"time": DayTime(18 * 60)})
    assert lids(actions) == []
    pressed = story.tell(ButtonPressed(Button.OPEN, "paper"), at(10.0))
    assert lids(pressed) == [("paper", True)]
    story.tell(DropSensed("paper"), at(12.0))
    actions = story.tell(Tick(), at(14.0))
    assert reports(actions) == ["waste.offhours"]
    assert KeepClip("waste.offhours", "boot-0") in actions
    assert ("kitchen", True) in lids(story.tell(ItemShown(2, look(kitchen=0.99, other=0.01)), at(20.0)))


def test_a_clock_that_nobody_trusts_sends_nobody_away() -> None:
    story = Story(rules(with_hours(recyclable=Hours(()))))
    assert lids(story.tell(ItemShown(1, PAPER), at(1.0, trusted=False))) == [("paper", True)]
    assert said(story.tell(ItemShown(2, PAPER), at(10.0))) == ["closed"]


# --- lids


def test_a_lid_closes_in_time_and_waits_for_a_hand() -> None:
    story = Story()
    story.tell(ItemShown(1, PAPER), 1.0)
    assert story.tell(Tick(), 8.9) == []
    story.tell(HandSensed("paper", True), 8.9)
    assert lids(story.tell(Tick(), 30.0)) == []
    story.tell(HandSensed("paper", False), 30.0)
    assert lids(story.tell(Tick(), 31.9)) == []
    assert lids(story.tell(Tick(), 32.0)) == [("paper", False)]
    assert lids(story.tell(HandSensed("paper", True), 32.3)) == [("paper", True)]


def test_a_blocked_lid_is_tried_again_and_then_left_open() -> None:
    story = Story()
    story.tell(ItemShown(1, PAPER), 1.0)
    now_s = 9.0
    for number in range(1, 4):
        assert lids(story.tell(Tick(), now_s)) == [("paper", False)]
        found = data(story.tell(LidMoved("paper", LidPosition.BLOCKED), now_s + 1.0), "lid.blocked")
        assert (found["tries"], found["stays_open"]) == (number, number == 3)
        now_s += 6.0
    blocked_s = now_s - 6.0 + 1.0
    assert lids(story.tell(Tick(), blocked_s + 599.0)) == []
    assert lids(story.tell(Tick(), blocked_s + 600.0)) == [("paper", False)]
    assert reports(story.tell(LidMoved("paper", LidPosition.BLOCKED), blocked_s + 601.0)) == []  # told already
    assert lids(story.tell(Tick(), blocked_s + 1201.0)) == [("paper", False)]
    story.tell(LidMoved("paper", LidPosition.CLOSED), blocked_s + 1202.0)
    assert story.state.bins["paper"].lid.tries == 0


@pytest.mark.parametrize("end", [Stopping("SIGTERM"), ComponentFailed("vision", "died", fatal=True)])
def test_at_the_end_every_lid_opens_and_stays_open(end: Stopping | ComponentFailed) -> None:
    story = Story()
    assert {name for name, is_open in lids(story.tell(end, 1.0)) if is_open} == set(BINS)
    assert lids(story.tell(Tick(), 10_000.0)) == []
    assert story.tell(ItemShown(1, PAPER), 10_001.0) == []


def test_after_a_failure_of_the_brain_lids_open_and_close_again() -> None:
    story = Story()
    story.state, actions = story.core.made_safe(story.state, at(1.0))
    assert {name for name, _ in lids(actions)} == set(BINS)
    assert {name for name, is_open in lids(story.tell(Tick(), 9.0)) if not is_open} == set(BINS)


def test_an_end_switch_that_is_still_pressed_takes_no_order_back() -> None:
    story = Story()
    story.tell(ItemShown(1, PAPER), 1.0)
    story.tell(LidMoved("paper", LidPosition.CLOSED), 1.05)  # it has not left it yet
    story.tell(LidMoved("paper", LidPosition.OPEN), 2.0)
    assert lids(story.tell(Tick(), 9.0)) == [("paper", False)]


def test_a_lid_that_was_opened_by_hand_is_shut_again() -> None:
    story = Story()
    story.tell(LidMoved("paper", LidPosition.OPEN), 1.0)
    assert lids(story.tell(Tick(), 6.0)) == [("paper", False)]


def test_an_order_that_was_lost_with_the_wires_is_given_again() -> None:
    story = Story()
    story.tell(ItemShown(1, PAPER), 1.0)
    story.tell(LidMoved("paper", LidPosition.OPEN), 2.0)
    story.tell(Tick(), 9.0)
    story.tell(LidMoved("paper", LidPosition.MOVING), 9.1)
    story.tell(ComponentFailed("station", "unreadable"), 9.2)
    story.tell(ComponentRecovered("station", 1.0), 10.0)
    assert ("paper", False) in lids(story.tell(Tick(), 18.0))


def test_without_eyes_and_buttons_the_lids_wait_while_somebody_is_near() -> None:
    story = Story(rules(buttonless(replace(STATION, camera=None))))
    assert len(lids(story.tell(PresenceChanged(True), 1.0))) == len(BINS)
    assert [one for one in run(story, 2.0, 200.0) if not one[1]] == []
    story.tell(PresenceChanged(False), 200.0)
    assert {name for name, is_open in run(story, 200.0, 210.0) if not is_open} == set(BINS)


def test_a_presence_sensor_that_is_stuck_does_not_keep_them_shut() -> None:
    story = Story(rules(buttonless(replace(STATION, camera=None))))
    story.tell(PresenceChanged(True), 1.0)
    opened = [one for one in run(story, 2.0, 1000.0) if one[1]]
    assert len(opened) >= 3 * len(BINS)


def run(story: Story, start_s: float, end_s: float) -> list[tuple[str, bool]]:
    """What the lids are told while time passes."""
    told: list[tuple[str, bool]] = []
    now_s = start_s
    while now_s < end_s:
        told += lids(story.tell(Tick(), now_s))
        now_s = max(story.core.next_deadline(story.state) or end_s, now_s + 0.01)
    return told


def test_a_view_that_is_covered_during_a_visit_opens_the_lids() -> None:
    story = Story(rules(buttonless()))
    story.tell(PresenceChanged(True), 1.0)
    assert {name for name, is_open in lids(story.tell(ViewCovered(True), 2.0)) if is_open} == set(BINS)


def test_eyes_that_begin_anew_give_no_old_verdict_to_a_new_item() -> None:
    story = Story()
    story.tell(ItemShown(1, look(hazardous=0.95, other=0.05)), 1.0)
    story.tell(ComponentFailed("item-vision", "hung"), 2.0)
    story.tell(ComponentRecovered("item-vision", 1.0), 3.0)
    story.tell(ItemPassed(1, "paper", PAPER), 4.0)
    assert reports(story.tell(Tick(), 6.0)) == ["waste.dropped"]


def test_a_hand_in_a_bin_without_a_driven_lid_is_no_matter() -> None:
    story = Story(rules(bins={"paper": replace(BINS["paper"], lid=NoLid())}))
    story.tell(HandSensed("paper", True), 1.0)
    assert not story.state.bins["paper"].lid.up


def test_after_a_failure_a_burning_bin_is_shut_again() -> None:
    story = Story()
    story.tell(SmokeSensed("other", True), 1.0)
    story.state, actions = story.core.made_safe(story.state, at(2.0))
    assert ("other", False) in lids(actions)
    story.tell(HandSensed("other", True), 3.0)
    story.state, actions = story.core.made_safe(story.state, at(4.0))
    assert "other" not in {name for name, _ in lids(actions)}
    story.tell(HandSensed("other", False), 5.0)
    assert ("other", False) in lids(story.tell(Tick(), 7.0))


# --- fire


def test_smoke_is_told_at_once_closes_the_lid_and_is_said_until_it_is_over() -> None:
    story = Story()
    story.tell(ItemShown(1, look(other=0.99, kitchen=0.01)), 1.0)
    actions = story.tell(SmokeSensed("other", True), 2.0)
    assert data(actions, "bin.fire") == {"bin": "other", "by": "smoke"}
    assert Speak("fire_warning", urgent=True) in actions
    assert lamps(actions)["other"] == "fire"
    assert lids(story.tell(Tick(), 2.0)) == [("other", False)]
    pressed = story.tell(ButtonPressed(Button.OPEN, "other"), 5.0)
    assert (lids(pressed), said(pressed)) == ([], ["fire_closed"])
    assert lids(story.tell(ButtonPressed(Button.OPEN, "paper"), 6.0)) == [("paper", True)]
    assert said(story.tell(Tick(), 32.0)) == ["fire_warning"]
    story.tell(SmokeSensed("other", False), 40.0)
    assert reports(story.tell(Tick(), 99.9)) == []
    assert reports(story.tell(Tick(), 100.0)) == ["bin.fireover"]


def test_a_hand_comes_before_a_fire() -> None:
    story = Story()
    story.tell(ItemShown(1, look(other=0.99, kitchen=0.01)), 1.0)
    story.tell(HandSensed("other", True), 1.5)
    assert lids(story.tell(SmokeSensed("other", True), 2.0)) == []
    assert lids(story.tell(Tick(), 20.0)) == []
    story.tell(HandSensed("other", False), 21.0)
    assert lids(story.tell(Tick(), 23.0)) == [("other", False)]


def test_a_fire_that_is_over_leaves_nothing_for_a_device_that_stops_to_close() -> None:
    story = Story()
    story.tell(HandSensed("other", True), 1.0)
    story.tell(Stopping("SIGTERM"), 2.0)
    story.tell(SmokeSensed("", True), 3.0)
    story.tell(SmokeSensed("", False), 4.0)
    story.tell(Tick(), 60.0)
    story.tell(HandSensed("other", False), 61.0)
    assert lids(story.tell(Tick(), 70.0)) == []
    following = story.core.next_deadline(story.state)
    assert following is None or following > 70.0


def test_a_shut_lid_with_a_hand_before_it_stays_so_when_the_brain_fails_in_a_fire() -> None:
    story = Story()
    story.tell(LidMoved("other", LidPosition.CLOSED), 1.0)
    story.tell(HandSensed("other", True), 2.0)
    story.tell(SmokeSensed("", True), 3.0)
    state, actions = story.core.made_safe(story.state, at(4.0))
    assert ("other", True) not in lids(actions)
    assert not state.bins["other"].lid.told_open


def temperatures(story: Story, start_s: float, step_s: float, *celsius: float) -> list[str]:
    told: list[str] = []
    for number, one in enumerate(celsius):
        told += reports(story.tell(TemperatureRead("other", one), start_s + number * step_s))
    return told


@pytest.mark.parametrize(
    ("celsius", "step_s", "fire"),
    [
        ((25.0, 25.0, 90.0, 25.0, 25.0), 5.0, False),  # one wrong reading
        ((25.0, 71.0, 72.0), 5.0, True),
        ((25.0, -127.0, 85.0, 25.0, 400.0, float("nan")), 5.0, False),
        (tuple(25.0 + 0.15 * n for n in range(60)), 5.0, False),  # the sun: under 2 degrees a minute
        (tuple(25.0 + 1.0 * n for n in range(20)), 5.0, True),  # 12 a minute
        ((20.0, 20.0, 20.0, 40.0, 20.0, 20.0, 20.0), 10.0, False),
    ],
)
def test_heat(celsius: tuple[float, ...], step_s: float, fire: bool) -> None:
    assert ("bin.fire" in temperatures(Story(), 1.0, step_s, *celsius)) is fire


def test_smoke_in_the_station_closes_everything() -> None:
    story = Story()
    story.tell(ButtonPressed(Button.OPEN), 1.0)
    assert data(story.tell(SmokeSensed("", True), 2.0), "bin.fire") == {"by": "smoke"}
    assert {name for name, is_open in lids(story.tell(Tick(), 2.0)) if not is_open} == set(BINS)
    assert said(story.tell(ButtonPressed(Button.OPEN), 3.0)) == ["fire_closed"]
    state, actions = story.core.made_safe(story.state, at(4.0))
    assert set(lids(actions)) == {(name, False) for name in BINS}
    assert state.smoke.burning


# --- what the camera says of the station


def test_overflow_and_litter_are_told_once_and_a_sheet_is_a_fault() -> None:
    story = Story()
    assert data(story.tell(SceneJudged("other", SceneState.OVERFLOWING), 1.0), "bin.overflow") == {
        "bin": "other",
        "by": "camera",
    }
    assert reports(story.tell(SceneJudged("other", SceneState.OVERFLOWING), 2.0)) == []
    assert reports(story.tell(SceneJudged("other", SceneState.CLEAR), 3.0)) == ["bin.cleared"]
    assert reports(story.tell(SceneJudged("floor", SceneState.LITTERED), 4.0)) == ["station.littered"]
    assert reports(story.tell(SceneJudged("floor", SceneState.CLEAR), 5.0)) == ["station.cleared"]
    assert reports(story.tell(ViewCovered(True), 6.0)) == ["sensor.fault"]
    assert reports(story.tell(ViewCovered(True), 7.0)) == []
    assert data(story.tell(ViewCovered(False), 16.0), "sensor.recovered")["down_s"] == 10.0


def test_a_station_without_buttons_asks_nobody() -> None:
    story = Story(rules(buttonless()))
    (answer,) = story.tell(POLL, 1.0)
    assert isinstance(answer, Answer)
    assert (answer.applied, answer.reason) == (False, "unsupported")


# --- the loud voice, polls, corrections


def test_the_loud_voice_lasts_for_the_visit() -> None:
    story = Story()
    assert story.tell(ButtonPressed(Button.LOUD), 1.0) == [Speak("loud_on", loud=True)]
    (speak,) = [one for one in story.tell(ItemShown(1, PAPER), 2.0) if isinstance(one, Speak)]
    assert speak.loud
    story.tell(Tick(), 60.0)
    assert story.state.visit is None
    assert not any(one.loud for one in story.tell(ItemShown(2, PAPER), 61.0) if isinstance(one, Speak))


POLL = OrderGiven("poll", "c-1", {"poll": "lift", "texts": {"en": "Is the lift fast enough?"}})


def test_a_poll_is_asked_of_a_visitor_who_is_idle_and_counted_together() -> None:
    story = Story()
    assert story.tell(POLL, 0.0) == [Answer("c-1", True)]
    told = []
    for number in range(5):
        now_s = 1000.0 * (number + 1)
        story.tell(PresenceChanged(True), now_s)
        assert Announce({"en": "Is the lift fast enough?"}) in story.tell(Tick(), now_s + 5.0)
        actions = story.tell(ButtonPressed(Button.YES if number else Button.NO), now_s + 8.0)
        assert said(actions) == ["poll_thanks"]
        told += [one for one in actions if isinstance(one, Report)]
        assert story.tell(Tick(), now_s + 20.0) == []  # not asked twice in a visit
        story.tell(PresenceChanged(False), now_s + 30.0)
        story.tell(Tick(), now_s + 60.0)
    (report,) = told
    assert (report.type, report.subject, report.data) == ("poll.answered", "", {"poll": "lift", "yes": 4, "no": 1})


def test_a_known_resident_answers_once() -> None:
    story = Story(rules(identifies=True))
    story.tell(RosterChanged({"p": AccessRule("p")}), 0.0)
    story.tell(POLL, 0.0)
    for now_s, asked in ((100.0, True), (1000.0, False)):
        story.tell(FaceMatched(1, "p", 0.9, 0.5, 3), now_s)
        actions = story.tell(Tick(), now_s + 5.0)
        assert any(isinstance(one, Announce) for one in actions) is asked
        story.tell(ButtonPressed(Button.YES), now_s + 6.0)
        story.tell(Tick(), now_s + 200.0)


def test_a_poll_that_is_over_tells_what_it_counted() -> None:
    story = Story()
    until = round(MONDAY_NOON.timestamp()) + 500
    story.tell(replace(POLL, args={**POLL.args, "until": until}), at(0.0))
    story.tell(PresenceChanged(True), at(10.0))
    story.tell(Tick(), at(15.0))
    story.tell(ButtonPressed(Button.YES), at(16.0))
    assert data(story.tell(Tick(), at(501.0)), "poll.answered") == {"poll": "lift", "withheld": 1}
    assert story.state.polls.open == ()


def test_a_sorting_question_comes_before_a_poll() -> None:
    story = Story()
    story.tell(POLL, 0.0)
    story.tell(ItemShown(1, DOUBT), 1.0)
    assert not any(isinstance(one, Announce) for one in story.tell(Tick(), 7.0))
    assert lids(story.tell(ButtonPressed(Button.YES), 8.0)) == [("kitchen", True)]


def test_the_button_for_no_after_a_drop_is_a_correction() -> None:
    story = Story()
    story.tell(Started("1"), 0.0)
    story.tell(ItemPassed(1, "paper", PAPER), 1.0)
    story.tell(Tick(), 3.0)
    actions = story.tell(ButtonPressed(Button.NO), 5.0)
    assert data(actions, "waste.corrected") == {"drop": "boot-0", "bin": "paper", "by": "button", "was": "recyclable"}
    assert said(actions) == ["corrected_thanks"]
    assert story.tell(ButtonPressed(Button.NO), 6.0) == []
    assert data(story.tell(Tick(), 86_400.0), "waste.accuracy") == {"bin": "paper", "judged": 1, "wrong": 1}
    assert reports(story.tell(Tick(), 2 * 86_400.0)) == []


def test_the_office_corrects_by_number() -> None:
    story = Story()
    story.tell(ItemPassed(1, "paper", PAPER), 1.0)
    story.tell(Tick(), 3.0)
    wrong = OrderGiven("correct", "c-1", {"drop": "boot-9", "category": "other"})
    (answer,) = story.tell(wrong, 4.0)
    assert answer == Answer("c-1", False, "unknown", "no such drop is remembered here")
    actions = story.tell(OrderGiven("correct", "c-2", {"drop": "boot-0", "category": "other"}), 5.0)
    assert data(actions, "waste.corrected")["category"] == "other"
    assert actions[-1] == Answer("c-2", True)
    assert story.state.bins["paper"].tally.wrong == 1
    story.tell(OrderGiven("correct", "c-3", {"drop": "boot-0", "category": "kitchen"}), 6.0)
    assert story.state.bins["paper"].tally.wrong == 1


def test_a_right_judgement_confirmed_is_no_mistake() -> None:
    story = Story()
    story.tell(ItemPassed(1, "paper", PAPER), 1.0)
    story.tell(Tick(), 3.0)
    story.tell(OrderGiven("correct", "c-2", {"drop": "boot-0", "category": "recyclable"}), 5.0)
    assert story.state.bins["paper"].tally.wrong == 0


def test_daylight_saving_and_midnight() -> None:
    hours = with_hours(recyclable=Hours(("sat 22:00-03:00",), ("mon-sun 10:00-11:00",)))
    story = Story(rules(replace(hours, holidays=("2026-11-28",))))
    saturday_23 = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai, on a holiday
    assert lids(story.tell(ItemShown(1, PAPER), at(0.0, saturday_23))) == []
    week_later = datetime(2026, 12, 5, 18, 30, tzinfo=UTC)  # Sunday 02:30, still Saturday's hours
    assert lids(story.tell(ItemShown(2, PAPER), at(100.0, week_later))) == [("paper", True)]
