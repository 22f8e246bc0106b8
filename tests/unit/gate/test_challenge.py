"""Living or not: what a face that leaves doubt is asked for, and what ends it."""

from __future__ import annotations

from dataclasses import replace

from edge.actions import Report
from edge.events import (
    AccessRule,
    FaceMatched,
    FacePoor,
    FaceUnknown,
    Gesture,
    GestureBegun,
    GestureSeen,
    Life,
    PoorReason,
    Tick,
)
from edge.gate.challenge import CLEAR_S, GESTURE_S, HEARD_S, SEQUENCES, Challenges, begin, ended
from tests.unit.gate.gate_story import Story, at, match, phrases, reports

DOUBTED = replace(match(), life=Life.DOUBT)


def asked(story: Story) -> tuple[Gesture, ...]:
    assert story.state.challenges.asked is not None
    return story.state.challenges.asked.gestures


def test_a_living_face_is_not_asked_for_anything() -> None:
    assert phrases(Story(AccessRule("p")).tell(match(), at(1.0))) == ["granted"]


def test_doubt_costs_two_gestures_and_then_the_door_opens() -> None:
    story = Story(AccessRule("p"))
    first = story.tell(DOUBTED, at(1.0))
    one, two = asked(story)
    assert (phrases(first), reports(first)) == ([f"do_{one}"], [])
    assert phrases(story.tell(GestureSeen(1, one, "p"), at(3.0))) == [f"do_{two}"]
    assert story.tell(GestureSeen(1, two, "p"), at(5.0)) == []
    granted = story.tell(match(), at(5.5))
    assert reports(granted) == [("access.granted", None)]
    (report,) = [a for a in granted if isinstance(a, Report)]
    assert (report.data["challenged"], report.data["waited_s"]) == (True, 4.5)


def test_looking_alive_at_last_does_not_take_the_place_of_what_was_asked() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    assert story.tell(match(strong=True), at(2.0)) == []
    assert reports(story.tell(Tick(), at(1.0 + GESTURE_S))) == [("access.refused", "challenge")]


def test_what_is_seen_before_anybody_can_have_heard_the_request_is_no_answer() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    one, two = asked(story)
    for made in Gesture:
        assert story.tell(GestureSeen(1, made, "p"), at(0.99 + HEARD_S)) == []
    assert phrases(story.tell(GestureSeen(1, one, "p"), at(1.0 + HEARD_S))) == [f"do_{two}"]


TURNS = (Gesture.TURN_LEFT, Gesture.TURN_RIGHT)


def doubted(first_turns: bool) -> Story:
    """Somebody who is asked for a turn first, or last."""
    for seed in range(100):
        story = Story(AccessRule("p"))
        story.state = replace(story.state, challenges=Challenges(secret=bytes([seed])))
        story.tell(DOUBTED, at(1.0))
        if (asked(story)[0] in TURNS) is first_turns:
            return story
    raise AssertionError("every pair begins alike")


def test_what_looks_alive_after_the_turn_opens_with_the_last_gesture() -> None:
    story = doubted(first_turns=True)
    one, two = asked(story)
    assert story.tell(match(), at(1.5)) == []
    story.tell(GestureSeen(1, one, "p"), at(3.0))
    assert story.tell(match(), at(3.5)) == []
    assert story.tell(DOUBTED, at(4.5)) == []
    granted = story.tell(GestureSeen(1, two, "p"), at(6.0))
    assert reports(granted) == [("access.granted", None)]
    (report,) = [a for a in granted if isinstance(a, Report)]
    assert (report.data["challenged"], report.data["waited_s"]) == (True, 5.0)


def test_what_looked_alive_before_the_turn_is_not_remembered() -> None:
    story = doubted(first_turns=False)
    one, two = asked(story)
    story.tell(GestureSeen(1, one, "p"), at(3.0))
    assert story.tell(match(), at(3.5)) == []
    assert story.tell(GestureSeen(1, two, "p"), at(6.0)) == []
    assert reports(story.tell(match(), at(6.5))) == [("access.granted", None)]


def test_what_looked_alive_before_any_gesture_is_not_remembered() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    story.tell(match(), at(1.5))
    for number, one in enumerate(asked(story)):
        assert reports(story.tell(GestureSeen(1, one, "p"), at(3.0 + 2.0 * number))) == []
    assert reports(story.tell(Tick(), at(5.0 + CLEAR_S))) == [("access.refused", "challenge")]


def test_what_looked_alive_and_is_shown_not_to_live_opens_nothing() -> None:
    story = doubted(first_turns=True)
    one, two = asked(story)
    story.tell(GestureSeen(1, one, "p"), at(3.0))
    story.tell(match(), at(3.5))
    assert reports(story.tell(replace(match(), life=Life.SPOOF), at(4.0))) == [("access.refused", "spoof")]
    assert story.tell(GestureSeen(1, two, "p"), at(5.0)) == []


def test_a_face_that_is_recognised_late_is_asked_for_the_same_and_did_not_fail() -> None:
    story = Story(AccessRule("p"))
    story.tell(FaceUnknown(1, 0.2, 0.6, 5, Life.DOUBT), at(1.0))
    before = asked(story)
    assert story.tell(DOUBTED, at(2.0)) == []
    assert asked(story) == before
    for number, one in enumerate(before):
        story.tell(GestureSeen(1, one, "p"), at(4.0 + 2.0 * number))
    assert reports(story.tell(match(), at(6.5))) == [("access.granted", None)]


def test_gestures_of_nobody_known_are_not_those_of_who_is_recognised_after_them() -> None:
    story = Story(AccessRule("p"))
    story.tell(FaceUnknown(1, 0.2, 0.6, 5, Life.DOUBT), at(1.0))
    story.tell(GestureSeen(1, asked(story)[0]), at(3.0))
    for recognised in (DOUBTED, match()):
        said = story.tell(recognised, at(3.5))
        if recognised is DOUBTED:
            assert phrases(said) == [f"do_{asked(story)[0]}"]
    assert story.state.challenges.asked is not None
    assert story.state.challenges.asked.done == 0
    assert story.state.challenges.tried(1, 3.5) == 0


def test_a_face_that_is_not_recognised_for_a_moment_goes_on_and_another_person_s_does_not() -> None:
    story = Story(AccessRule("p"), AccessRule("q"))
    story.tell(DOUBTED, at(1.0))
    before = story.state.challenges
    for life in (Life.DOUBT, Life.LIVE):
        assert story.tell(FaceUnknown(1, 0.2, 0.6, 5, life), at(2.0)) == []
        assert story.state.challenges == before
    told = story.tell(replace(match("q"), life=Life.DOUBT), at(3.0))
    assert reports(told) == [("access.refused", "challenge")]


def test_gestures_of_a_face_that_stays_in_doubt_open_nothing() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    for number, one in enumerate(asked(story)):
        story.tell(GestureSeen(1, one, "p"), at(3.0 + 2.0 * number))
    assert reports(story.tell(DOUBTED, at(5.5))) == []
    assert reports(story.tell(Tick(), at(5.0 + CLEAR_S))) == [("access.refused", "challenge")]


def turning() -> Story:
    """Somebody who is asked for a turn first, and is in the middle of it."""
    story = doubted(first_turns=True)
    one, two = asked(story)
    assert story.tell(GestureBegun(1, one), at(1.0 + HEARD_S - 0.1)) == []  # nobody can have heard it
    assert story.tell(GestureBegun(2, one), at(3.0)) == []
    assert story.tell(GestureBegun(1, two), at(3.0)) == []
    assert phrases(story.tell(GestureBegun(1, one), at(3.0))) == [f"do_{two}"]
    return story


def test_the_second_request_is_spoken_while_the_first_gesture_is_being_made() -> None:
    story = turning()
    one, two = asked(story)
    assert story.tell(GestureBegun(1, one), at(3.2)) == []
    assert story.tell(GestureSeen(1, one, "p"), at(3.8)) == []
    assert story.tell(match(), at(4.0)) == []
    assert story.tell(GestureSeen(1, two, "p"), at(2.9 + HEARD_S)) == []  # before it was heard
    assert reports(story.tell(GestureSeen(1, two, "p"), at(3.0 + HEARD_S))) == [("access.granted", None)]


def test_what_has_only_begun_is_no_gesture() -> None:
    story = turning()
    _, two = asked(story)
    assert story.tell(match(), at(3.5)) == []
    story.tell(GestureBegun(1, two), at(5.0))
    assert story.state.challenges.asked is not None
    assert story.state.challenges.asked.done == 0
    assert reports(story.tell(Tick(), at(1.0 + GESTURE_S))) == [("access.refused", "challenge")]


def test_a_first_gesture_that_came_to_nothing_is_asked_for_again_and_its_follower_counts_neither_way() -> None:
    for came in ("whose it is was not seen", "the next was made instead"):
        story = turning()
        one, two = asked(story)
        assert story.tell(GestureSeen(1, Gesture.BLINK if two is not Gesture.BLINK else Gesture.LOOK_UP), at(4.7)) == []
        made = GestureSeen(1, one) if came.startswith("whose") else GestureSeen(1, two, "p")
        assert phrases(story.tell(made, at(4.8))) == [f"do_{one}"]
        assert story.tell(GestureSeen(1, one, "p"), at(4.7 + HEARD_S)) == []
        assert phrases(story.tell(GestureSeen(1, one, "p"), at(4.8 + HEARD_S))) == [f"do_{two}"]
        story.tell(match(), at(7.0))
        assert reports(story.tell(GestureSeen(1, two, "p"), at(9.0))) == [("access.granted", None)]


def test_a_wrong_gesture_after_the_first_has_begun_ends_it_and_so_does_somebody_else_s_face() -> None:
    story = turning()
    wrong = next(made for made in Gesture if made not in (*asked(story), Gesture.BLINK))
    assert reports(story.tell(GestureSeen(1, wrong, "p"), at(4.0))) == [("access.refused", "challenge")]
    story = turning()
    assert reports(story.tell(GestureSeen(1, asked(story)[0], "q"), at(4.0))) == [("access.refused", "challenge")]


def test_a_stranger_s_turn_is_followed_by_the_same_request_as_a_resident_s() -> None:
    known, unknown = doubted(first_turns=True), doubted(first_turns=True)
    unknown.state = replace(unknown.state, challenges=Challenges(secret=unknown.state.challenges.secret))
    unknown.tell(FaceUnknown(1, 0.2, 0.6, 5, Life.DOUBT), at(1.0))
    one, _ = asked(known)
    assert asked(unknown) == asked(known)
    told = [phrases(story.tell(GestureBegun(1, one), at(3.0))) for story in (known, unknown)]
    assert told[0] == told[1] != []


def test_a_wrong_gesture_ends_it_and_a_blink_in_between_does_not() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    one, _ = asked(story)
    if one is not Gesture.BLINK:
        assert story.tell(GestureSeen(1, Gesture.BLINK, "p"), at(3.0)) == []
    wrong = next(made for made in Gesture if made not in (one, Gesture.BLINK))
    assert reports(story.tell(GestureSeen(1, wrong, "p"), at(3.5))) == [("access.refused", "challenge")]
    assert story.state.challenges.asked is None


def test_nothing_done_in_time_is_a_refusal() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    assert story.gate.next_deadline(story.state) == 1.0 + GESTURE_S
    actions = story.tell(Tick(), at(1.0 + GESTURE_S))
    assert (reports(actions), phrases(actions)) == ([("access.refused", "challenge")], ["refused_challenge"])


def test_a_face_that_was_exchanged_ends_it_and_one_that_is_not_clear_does_not() -> None:
    story = Story(AccessRule("p"), AccessRule("q"))
    story.tell(DOUBTED, at(1.0))
    one, _ = asked(story)
    assert story.tell(GestureSeen(1, one, ""), at(2.0)) == []
    assert reports(story.tell(GestureSeen(1, one, "q"), at(2.5))) == [("access.refused", "challenge")]


def test_gestures_of_another_face_mean_nothing() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    assert story.tell(GestureSeen(2, asked(story)[0], "p"), at(2.0)) == []


def test_a_face_shown_not_to_live_is_refused_at_once_in_the_words_for_strangers() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    actions = story.tell(replace(match(), life=Life.SPOOF), at(2.0))
    assert (reports(actions), phrases(actions)) == ([("access.refused", "spoof")], ["refused_unknown"])
    assert story.state.challenges.asked is None


def test_an_unknown_face_is_asked_the_same_as_a_known_one_and_refused_in_the_end() -> None:
    known, unknown = Story(AccessRule("p")), Story(AccessRule("p"))
    said = phrases(known.tell(DOUBTED, at(1.0)))
    assert phrases(unknown.tell(FaceUnknown(1, 0.2, 0.6, 5, Life.DOUBT), at(1.0))) == said
    one, two = asked(unknown)
    unknown.tell(GestureSeen(1, one), at(3.0))
    assert reports(unknown.tell(GestureSeen(1, two), at(5.0))) == [("access.refused", "unknown")]


def test_after_two_vain_tries_the_face_rests() -> None:
    story = Story(AccessRule("p"))
    for start_s in (0.0, 15.0):
        story.tell(DOUBTED, at(start_s))
        story.tell(Tick(), at(start_s + GESTURE_S))
    assert story.tell(DOUBTED, at(26.0))[-1] != []
    assert story.state.challenges.asked is None
    assert phrases(story.tell(DOUBTED, at(56.0))) != ["refused_challenge"]


def test_a_face_that_failed_owes_the_gestures_also_when_it_looks_alive() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(0.0))
    story.tell(Tick(), at(GESTURE_S))
    again = story.tell(match(strong=True), at(GESTURE_S + 1.0))
    assert reports(again) == []
    assert phrases(again) == [f"do_{asked(story)[0]}"]
    assert reports(story.tell(match(track=2), at(GESTURE_S + 2.0))) == [("access.granted", None)]


def test_vain_challenges_lead_to_the_lock_out() -> None:
    story = Story(AccessRule("p"))
    kinds = []
    for track in range(5):
        story.tell(replace(DOUBTED, track=track), at(track * 10.0))
        kinds += reports(story.tell(Tick(), at(track * 10.0 + GESTURE_S)))
    assert kinds[-1] == ("access.refused", "locked_out")


def test_turning_the_head_as_asked_is_no_poor_picture() -> None:
    story = Story(AccessRule("p"))
    story.tell(DOUBTED, at(1.0))
    assert story.tell(FacePoor(1, PoorReason.TURNED_AWAY), at(2.0)) == []


def test_in_each_pair_the_head_turns_to_a_side() -> None:
    assert len(SEQUENCES) == len(set(SEQUENCES)) == 14
    assert all(set(pair) & set(TURNS) for pair in SEQUENCES)


def test_no_sequence_comes_again_before_all_the_others() -> None:
    state, drawn = Challenges(secret=b"x"), []
    for _ in range(2 * len(SEQUENCES)):
        state = begin(state, FaceMatched(1, "p", 0.7, 0.6, 2), 0.0)
        assert state.asked is not None
        drawn.append(state.asked.gestures)
        state = ended(state)
    assert set(drawn[: len(SEQUENCES)]) == set(SEQUENCES)
    assert len(set(drawn[len(SEQUENCES) - 1 : 2 * len(SEQUENCES) - 1])) == len(SEQUENCES)  # nor at a round's end


def test_what_is_asked_cannot_be_foreseen_without_the_secret() -> None:
    firsts = [begin(Challenges(secret=bytes([n])), DOUBTED, 0.0).asked for n in range(40)]
    assert len({one.gestures for one in firsts if one}) > 10
