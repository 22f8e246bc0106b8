"""Who hears the voice does what it asks for as people do: late, unlike each other, at first sometimes too little."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from edge.events import Gesture
from edge.rig.answering import Answering, at_random
from edge.rig.motion import Act

EVERYTHING = frozenset(Gesture)


def first_tries(count: int) -> list[Act]:
    tries = []
    for seed in range(count):
        acts: list[Act] = []
        Answering(np.random.default_rng(seed), acts, EVERYTHING).hear(Gesture.TURN_LEFT, 10.0, 12.0)
        tries.append(acts[0])
    return tries


def test_nobody_begins_before_the_sentence_ends_and_people_differ() -> None:
    tries = first_tries(300)
    begun = [act.begins_s for act in tries]
    assert min(begun) >= 12.6
    assert 13.2 < max(begun) <= 13.5
    assert 0.15 < float(np.mean([act.size < 0.6 for act in tries])) < 0.26
    assert len({act.lasts_s for act in tries}) > 200


def test_now_and_then_left_is_taken_for_right() -> None:
    wrong = [act for act in first_tries(600) if act.gesture is Gesture.TURN_RIGHT]
    assert 8 < len(wrong) < 40


def test_who_hears_nothing_does_it_again_and_forgets_it_when_asked_for_something_else() -> None:
    acts: list[Act] = []
    who = Answering(np.random.default_rng(1), acts, EVERYTHING)
    who.hear(Gesture.LOOK_UP, 0.0, 2.0)
    assert [act.gesture for act in acts] == [Gesture.LOOK_UP] * 3
    assert all(later.begins_s >= act.begins_s + act.lasts_s + 2.0 for act, later in pairwise(acts))
    done = acts[0]
    who.hear(Gesture.BLINK, done.begins_s + 0.5, done.begins_s + 2.0)
    assert acts[0] == done
    assert [act.gesture for act in acts[1:]] == [Gesture.BLINK] * 3


def test_what_cannot_be_done_is_not_done() -> None:
    acts: list[Act] = []
    who = Answering(np.random.default_rng(1), acts, frozenset({Gesture.TURN_LEFT}))
    who.hear(Gesture.BLINK, 0.0, 2.0)
    assert acts == []


def test_a_film_shows_gestures_that_do_not_overlap_until_it_ends() -> None:
    acts = at_random(np.random.default_rng(5), 200.0)
    assert {act.gesture for act in acts} == EVERYTHING
    assert all(later.begins_s > act.begins_s + act.lasts_s for act, later in pairwise(acts))
    assert 195.0 < acts[-1].begins_s < 200.0
