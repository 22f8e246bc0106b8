"""What an attacker, a fire or an unlucky moment could make of the gate's states that wait for something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.actions import DriveRelay
from edge.events import AccessRule, FaceUnknown, GestureSeen, Life, OrderGiven
from tests.unit.gate.gate_story import Story, at, match, phrases, reports
from tests.unit.gate.test_challenge import DOUBTED, asked

ON = DriveRelay(on=True)


def makes_both_gestures(story: Story, now_s: float) -> list[object]:
    one, two = asked(story)
    return [
        *story.tell(GestureSeen(1, one, "p"), at(now_s)),
        *story.tell(GestureSeen(1, two, "p"), at(now_s + 1.0)),
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
        assert story.tell(GestureSeen(1, made, "p"), at(2.0 + number)) == []


def test_gestures_that_were_asked_for_before_a_lock_out_do_not_get_round_it() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    lock_out(story, 1.5)
    actions = makes_both_gestures(story, 2.0)
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
    assert ON in makes_both_gestures(story, 3.0)
