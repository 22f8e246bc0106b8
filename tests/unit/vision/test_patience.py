from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.events import FaceMatched, FacePoor, FaceUnknown, Life, PoorReason
from edge.vision.liveness.judge import Evidence
from edge.vision.patience import AGAIN_S, WAIT_S, Patience

MATCH = FaceMatched(1, "ann", 0.9, 0.5, 2)
STEP_S = 0.1


def says(life: Life) -> Evidence:
    return Evidence(life, {"geometry": 0.7})


@pytest.mark.parametrize("life", [Life.LIVE, Life.SPOOF])
def test_what_is_clear_is_told_at_once(life: Life) -> None:
    told = Patience().settle(MATCH, says(life), 10.0)
    assert isinstance(told, FaceMatched)
    assert (told.person, told.life, dict(told.cues)) == ("ann", life, {"geometry": 0.7})


def test_a_doubt_is_waited_for_but_not_for_ever() -> None:
    patience = Patience()
    assert patience.settle(MATCH, says(Life.DOUBT), 10.0) is None
    assert patience.settle(None, says(Life.DOUBT), 10.0 + WAIT_S - 0.01) is None
    told = patience.settle(None, says(Life.DOUBT), 10.0 + WAIT_S)
    assert isinstance(told, FaceMatched)
    assert told.life is Life.DOUBT


def test_a_doubt_that_ends_while_waiting_is_told_then() -> None:
    patience = Patience()
    assert patience.settle(MATCH, says(Life.DOUBT), 10.0) is None
    told = patience.settle(None, says(Life.LIVE), 10.3)
    assert isinstance(told, FaceMatched)
    assert told.life is Life.LIVE


def test_while_a_match_waits_weaker_decisions_are_void() -> None:
    patience = Patience()
    assert patience.settle(MATCH, says(Life.DOUBT), 10.0) is None
    assert patience.settle(FaceUnknown(1, 0.4, 0.5, 5), says(Life.DOUBT), 10.2) is None
    assert patience.settle(FacePoor(1, PoorReason.BLURRED), says(Life.DOUBT), 10.3) is None
    told = patience.settle(None, says(Life.DOUBT), 11.0)
    assert isinstance(told, FaceMatched)


def test_somebody_unknown_is_waited_for_and_doubted_as_somebody_known_is() -> None:
    patience, stranger = Patience(), FaceUnknown(1, 0.4, 0.5, 5)
    assert patience.settle(stranger, says(Life.DOUBT), 10.0) is None
    assert patience.settle(MATCH, says(Life.DOUBT), 10.2) is None  # more frames, and now it is somebody
    told = patience.settle(None, says(Life.DOUBT), 10.2 + WAIT_S)
    assert isinstance(told, FaceMatched)
    patience = Patience()
    assert patience.settle(stranger, says(Life.DOUBT), 10.0) is None
    told = patience.settle(None, says(Life.DOUBT), 10.0 + WAIT_S)
    assert isinstance(told, FaceUnknown)
    assert told.life is Life.DOUBT


def test_somebody_else_in_its_place_waits_anew() -> None:
    patience = Patience()
    assert patience.settle(MATCH, says(Life.DOUBT), 10.0) is None
    other = FaceMatched(1, "bob", 0.9, 0.5, 2)
    assert patience.settle(other, says(Life.DOUBT), 10.7) is None
    assert patience.settle(None, says(Life.DOUBT), 10.9) is None
    told = patience.settle(None, says(Life.DOUBT), 10.7 + WAIT_S)
    assert isinstance(told, FaceMatched)
    assert told.person == "bob"


def told_times(patience: Patience, lives: list[Life], begun_s: float) -> list[tuple[float, Life]]:
    told = []
    for number, life in enumerate(lives):
        now_s = begun_s + number * STEP_S
        one = patience.settle(MATCH, says(life), now_s)
        if isinstance(one, FaceMatched):
            told.append((round(now_s - begun_s, 3), one.life))
    return told


def test_a_doubt_is_told_again_and_again_and_its_end_at_once() -> None:
    told = told_times(Patience(), [Life.DOUBT] * 25 + [Life.LIVE], 0.0)
    assert told == [(0.8, Life.DOUBT), (1.9, Life.DOUBT), (2.5, Life.LIVE)]


def test_a_gesture_hastens_it() -> None:
    patience = Patience()
    told_times(patience, [Life.DOUBT] * 10, 0.0)
    patience.hasten(1.05)
    assert told_times(patience, [Life.DOUBT] * 4, 1.05)[0] == (0.0, Life.DOUBT)


def test_a_blink_does_not_end_the_wait_of_who_was_not_asked_for_anything_yet() -> None:
    patience = Patience()
    told_times(patience, [Life.DOUBT] * 4, 0.0)
    patience.hasten(0.35)
    assert told_times(patience, [Life.DOUBT] * 2 + [Life.LIVE], 0.4)[0] == (0.2, Life.LIVE)


def test_a_clock_that_is_set_back_makes_nobody_wait_for_ever() -> None:
    patience = Patience()
    assert patience.settle(MATCH, says(Life.DOUBT), 1e6) is None
    told = told_times(patience, [Life.DOUBT] * 15, 0.0)
    assert told
    assert told[0][0] <= max(WAIT_S, AGAIN_S) + STEP_S


@given(st.lists(st.tuples(st.floats(0.0, 0.3), st.sampled_from(Life), st.booleans()), max_size=60))
def test_only_what_is_seen_is_told(frames: list[tuple[float, Life, bool]]) -> None:
    patience, now_s = Patience(), 0.0
    for pause_s, life, matched in frames:
        now_s += pause_s
        told = patience.settle(MATCH if matched else None, says(life), now_s)
        assert told is None or (isinstance(told, FaceMatched) and told.life is life)
        if matched and life is Life.LIVE:
            assert told is not None
