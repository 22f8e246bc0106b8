"""The gate as a table: one situation, one answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from edge.actions import DriveRelay, Lamp, Priority, Report, ShowLamp
from edge.events import (
    AccessRule,
    ComponentFailed,
    ContactChanged,
    Event,
    ExitPressed,
    FacePoor,
    FaceUnknown,
    PoorReason,
    Stopping,
    Tick,
)
from tests.unit.gate.gate_story import ACCESS, MONDAY_NOON, Story, at, match, phrases, reports


def test_a_grant_drives_the_relay_before_anything_else() -> None:
    actions = Story(AccessRule("p")).tell(match(), at(1.0))
    assert actions[0] == DriveRelay(on=True)
    assert actions[1] == ShowLamp(Lamp.GRANTED)
    assert phrases(actions) == ["granted"]
    report = actions[-1]
    assert isinstance(report, Report)
    assert (report.type, report.subject, report.priority) == ("access.granted", "p", Priority.ACCESS)


@pytest.mark.parametrize(
    ("rule", "wall", "trusted", "reason"),
    [
        (AccessRule("p", revoked=True), MONDAY_NOON, True, "revoked"),
        (AccessRule("p", valid_until=date(2026, 11, 22)), MONDAY_NOON, True, "expired"),
        (AccessRule("p", valid_until=date(2026, 11, 23)), MONDAY_NOON, True, ""),
        (AccessRule("p", valid_from=date(2026, 11, 24)), MONDAY_NOON, True, "not_yet_valid"),
        # 16:30 UTC on Sunday is 00:30 on Monday at the site
        (AccessRule("p", valid_from=date(2026, 11, 23)), datetime(2026, 11, 22, 16, 30, tzinfo=UTC), True, ""),
        (AccessRule("p", groups=("staff",)), MONDAY_NOON, True, ""),
        (AccessRule("p", groups=("staff",)), datetime(2026, 11, 23, 12, 0, tzinfo=UTC), True, "schedule"),
        (AccessRule("p", schedules=("day",)), datetime(2026, 11, 22, 4, 0, tzinfo=UTC), True, "schedule"),
        (AccessRule("p", schedules=("no-such",)), MONDAY_NOON, True, "schedule"),
        (AccessRule("p", groups=("unknown-group",)), MONDAY_NOON, True, "schedule"),
        (AccessRule("p", groups=("residents",)), datetime(2026, 11, 22, 20, 0, tzinfo=UTC), True, ""),
        (AccessRule("p", groups=("staff",)), MONDAY_NOON, False, "clock"),
        (AccessRule("p"), MONDAY_NOON, False, ""),
    ],
)
def test_who_may_pass_when(rule: AccessRule, wall: datetime, trusted: bool, reason: str) -> None:
    actions = Story(rule).tell(match(), at(1.0, wall, trusted=trusted))
    if reason:
        assert reports(actions) == [("access.refused", reason)]
        assert not any(isinstance(action, DriveRelay) for action in actions)
        assert len(phrases(actions)) == 1
    else:
        assert reports(actions) == [("access.granted", None)]


def test_a_stranger_and_a_poor_picture_are_refused_with_a_reason() -> None:
    story = Story()
    unknown = story.tell(FaceUnknown(1, 0.2, 0.6, 5), at(1.0))
    assert (reports(unknown), phrases(unknown)) == ([("access.refused", "unknown")], ["refused_unknown"])
    poor = story.tell(FacePoor(2, PoorReason.TOO_FAR), at(2.0))
    assert (reports(poor), phrases(poor)) == ([("access.refused", "poor_picture")], ["poor_too_far"])
    again = story.tell(FaceUnknown(1, 0.2, 0.6, 5), at(4.0))
    assert (reports(again), phrases(again)) == ([], [])


def test_five_strangers_lock_out_weak_matches_but_not_strong_ones() -> None:
    story = Story(AccessRule("p"))
    for number in range(4):
        assert reports(story.tell(FaceUnknown(number, 0.2, 0.6, 5), at(number)))[0][1] == "unknown"
    assert reports(story.tell(FaceUnknown(4, 0.2, 0.6, 5), at(4.0))) == [("access.refused", "locked_out")]
    assert reports(story.tell(match(track=9), at(5.0))) == [("access.refused", "locked_out")]
    assert reports(story.tell(match(track=9, strong=True), at(6.0))) == [("access.granted", None)]
    story.tell(Tick(), at(20.0))
    assert reports(story.tell(match(track=10), at(4.0 + ACCESS.lockout_s))) == [("access.granted", None)]


def test_a_stranger_who_stays_counts_once() -> None:
    story = Story(AccessRule("p"))
    for second in range(0, 60, 3):
        story.tell(FaceUnknown(1, 0.2, 0.6, 5), at(second))
    assert reports(story.tell(match(track=2), at(60.0))) == [("access.granted", None)]


def test_the_exit_speaks_what_the_site_has_written_for_it() -> None:
    assert phrases(Story().tell(ExitPressed(), at(1.0))) == ["exit"]


def test_one_person_is_not_announced_ten_times() -> None:
    story = Story(AccessRule("p"))
    assert phrases(story.tell(match(), at(0.0))) == ["granted"]
    for second in range(1, 10):
        assert story.tell(match(), at(second))[-1:] in ([], [ShowLamp(Lamp.OFF)])
    later = story.tell(match(), at(10.0))
    assert (reports(later), phrases(later)) == ([("access.granted", None)], [])
    assert phrases(story.tell(match(), at(70.1))) == ["granted"]


def test_another_person_does_not_wait_for_the_first() -> None:
    story = Story(AccessRule("p"), AccessRule("q"))
    story.tell(match(), at(0.0))
    assert reports(story.tell(match("q", 2), at(0.5))) == [("access.granted", None)]


def test_the_lock_falls_when_the_door_has_closed_behind_somebody() -> None:
    story = Story(AccessRule("p"))
    story.tell(ContactChanged(False), at(0.0))
    story.tell(match(), at(1.0))
    assert reports(story.tell(ContactChanged(True), at(2.0))) == [("door.opened", None)]
    closed = story.tell(ContactChanged(False), at(3.0))
    assert closed[0] == DriveRelay(on=False)
    assert reports(closed) == [("door.closed", None)]
    assert reports(story.tell(ContactChanged(True), at(5.0))) == [("door.forced", None)]


def test_who_was_granted_while_the_leaf_stood_open_keeps_their_own_time() -> None:
    story = Story(AccessRule("p"), AccessRule("q"))
    story.tell(ContactChanged(False), at(0.0))
    story.tell(match(), at(1.0))
    story.tell(ContactChanged(True), at(2.0))
    story.tell(match("q", 2), at(3.0))
    assert DriveRelay(on=False) not in story.tell(ContactChanged(False), at(3.5))
    assert story.tell(Tick(), at(8.0))[0] == DriveRelay(on=False)


def test_who_missed_the_door_is_let_in_again_without_waiting() -> None:
    story = Story(AccessRule("p"))
    story.tell(ContactChanged(False), at(0.0))
    story.tell(match(), at(1.0))
    story.tell(Tick(), at(6.0))
    again = story.tell(match(), at(7.0))
    assert (reports(again), phrases(again)) == ([("access.granted", None)], [])


def test_relocks_in_time_when_nobody_opens() -> None:
    story = Story(AccessRule("p"))
    story.tell(match(), at(1.0))
    assert story.gate.next_deadline(story.state) == 6.0
    assert story.tell(Tick(), at(5.999)) == []
    assert story.tell(Tick(), at(6.0)) == [DriveRelay(on=False), ShowLamp(Lamp.OFF)]


def test_held_open_warns_then_alarms_then_says_when_it_is_over() -> None:
    story = Story()
    story.tell(ContactChanged(False), at(0.0))
    story.tell(ExitPressed(), at(1.0))
    story.tell(ContactChanged(True), at(2.0))
    assert reports(story.tell(Tick(), at(31.9))) == []
    warning = story.tell(Tick(), at(32.0))
    assert (reports(warning), phrases(warning)) == ([("door.held", "warning")], ["door_held_warning"])
    alarm = story.tell(Tick(), at(62.0))
    assert (reports(alarm), phrases(alarm)) == ([("door.held", "alarm")], ["door_held_alarm"])
    assert story.tell(Tick(), at(500.0)) == []
    assert [kind for kind, _ in reports(story.tell(ContactChanged(False), at(501.0)))] == [
        "door.closed",
        "door.restored",
    ]


def test_a_door_pushed_in_the_instant_of_relocking_was_not_forced() -> None:
    story = Story()
    story.tell(ContactChanged(False), at(0.0))
    story.tell(ExitPressed(), at(1.0))
    story.tell(Tick(), at(6.0))
    assert reports(story.tell(ContactChanged(True), at(6.3))) == [("door.opened", None)]


def test_a_door_found_open_at_boot_is_not_forced_but_is_held() -> None:
    story = Story()
    opened = story.tell(ContactChanged(True), at(100.0))
    assert reports(opened) == [("door.opened", None)]
    assert reports(story.tell(Tick(), at(160.0))) == [("door.held", "warning"), ("door.held", "alarm")]


def test_a_lost_contact_is_no_forced_door() -> None:
    story = Story()
    story.tell(ContactChanged(False), at(0.0))
    assert story.tell(ComponentFailed("contacts", "unreadable"), at(1.0)) == []
    assert reports(story.tell(ContactChanged(True), at(2.0))) == [("door.opened", None)]


@pytest.mark.parametrize("end", [Stopping("SIGTERM"), ComponentFailed("vision", "died", fatal=True)])
def test_at_the_end_the_door_is_locked_and_stays_so(end: Event) -> None:
    story = Story(AccessRule("p"))
    story.tell(match(), at(1.0))
    assert DriveRelay(on=False) in story.tell(end, at(2.0))
    assert story.tell(match(track=5, strong=True), at(20.0)) == []
    assert story.tell(ExitPressed(), at(21.0)) == []


def test_made_safe_keeps_what_is_known() -> None:
    story = Story(AccessRule("p"))
    story.tell(match(), at(1.0))
    state, actions = story.gate.made_safe(story.state, at(1.5))
    assert actions[0] == DriveRelay(on=False)
    assert state == replace(story.state, door=state.door)
    assert not state.door.relay_on
