"""A face that is in doubt and asked for something: one track, told again, and whose gestures they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vision_samples import POINTS, Says, at_cosine, quality, unit_rows

from edge.events import FaceMatched, FaceUnknown, Gesture, GestureBegun, GestureSeen, Life
from edge.vision.attempt import REST_S
from edge.vision.embed import Embedding
from edge.vision.faces import Face
from edge.vision.geometry import Box
from edge.vision.liveness.gestures import Made
from edge.vision.match import Gallery
from edge.vision.patience import WAIT_S
from edge.vision.performance import LATEST_S, Performance
from edge.vision.pose import Pose
from edge.vision.quality import Quality
from edge.vision.track import Fact, Observation, Tracker

PEOPLE = unit_rows(10, 256, seed=4)
GALLERY = Gallery(PEOPLE, [f"p{n}" for n in range(10)], POINTS.second_floor)
HERE = Box(100, 100, 200, 200)
FRAME_S = 0.1


def like(person: int, seed: int = 1) -> Embedding:
    return at_cosine(at_cosine(PEOPLE[person], 0.95, 1000 + person), 0.95, seed)


def turned(yaw: float) -> Quality:
    good = quality()
    return replace(good, figures=replace(good.figures, pose=Pose(yaw, 0.0, 0.0)))


def face(yaw: float) -> Face:
    points = np.random.default_rng(0).uniform(0.0, 100.0, (468, 3)).astype(np.float32)
    return Face(HERE, points, 40.0, 0.9, 0.9, turned(yaw), np.full((240, 320, 3), 90, np.uint8))


def shown(tracker: Tracker, yaws: list[float], embeddings: list[Embedding | None], begun_s: float = 0.0) -> list[Fact]:
    facts: list[Fact] = []
    for number, (yaw, embedding) in enumerate(zip(yaws, embeddings, strict=True)):
        observation = Observation(HERE, turned(yaw), embedding, face(yaw))
        facts += tracker.observe([observation], begun_s + number * FRAME_S)
    return facts


TURN = [0.0] * 10 + [8.0, 16.0, 24.0, 24.0, 24.0, 16.0, 8.0] + [0.0] * 6


def test_a_doubtful_match_is_told_after_the_wait_and_again_with_the_gesture() -> None:
    tracker = Tracker(GALLERY, POINTS, lambda: Says(Life.DOUBT))
    facts = shown(tracker, TURN, [like(3, n) for n in range(len(TURN))])
    assert [type(fact) for fact in facts] == [FaceMatched, GestureBegun, GestureSeen, FaceMatched]
    assert facts[1:3] == [GestureBegun(1, Gesture.TURN_LEFT), GestureSeen(1, Gesture.TURN_LEFT, "p3")]
    assert all(fact.track == 1 for fact in facts)


def test_a_living_resident_is_told_once_at_once_and_left_alone() -> None:
    tracker = Tracker(GALLERY, POINTS, lambda: Says(Life.LIVE))
    facts = shown(tracker, [0.0] * 15, [like(3, n) for n in range(15)])
    assert [fact.life for fact in facts if isinstance(fact, FaceMatched)] == [Life.LIVE]
    assert not tracker.wants(HERE, 1.5)
    assert tracker.wants(HERE, REST_S + 1.5)


def test_a_gesture_ends_the_rest_of_who_was_found_alive_so_that_nobody_who_was_asked_waits_for_it() -> None:
    tracker = Tracker(GALLERY, POINTS, lambda: Says(Life.LIVE))
    facts = shown(tracker, TURN, [like(3, n) for n in range(len(TURN))])
    assert [type(fact) for fact in facts] == [FaceMatched, GestureBegun, GestureSeen, FaceMatched]
    assert [fact.life for fact in facts if isinstance(fact, FaceMatched)] == [Life.LIVE, Life.LIVE]
    assert len(TURN) * FRAME_S < REST_S


def test_a_stranger_gets_no_more_attempts_by_gestures() -> None:
    tracker = Tracker(GALLERY, POINTS, lambda: Says(Life.LIVE))
    stranger, yaws = unit_rows(1, 256, seed=9)[0], TURN + TURN[10:] * 3
    facts = shown(tracker, yaws, [at_cosine(stranger, 0.95, n) for n in range(len(yaws))])
    assert [type(fact) for fact in facts].count(GestureSeen) == 4
    assert [type(fact) for fact in facts].count(FaceUnknown) == 2


def test_who_is_in_doubt_when_the_rest_ends_early_waits_as_at_first() -> None:
    judge = Says(Life.LIVE)
    tracker = Tracker(GALLERY, POINTS, lambda: judge)
    shown(tracker, TURN[:10], [like(3, n) for n in range(10)])
    judge.life = Life.DOUBT
    times = []
    for number, yaw in enumerate(TURN[10:] + [0.0] * 10, start=10):
        seen = Observation(HERE, turned(yaw), like(3, number), face(yaw))
        times += [(type(fact), number * FRAME_S) for fact in tracker.observe([seen], number * FRAME_S)]
    assert [kind for kind, _ in times] == [GestureBegun, GestureSeen, FaceMatched]
    assert times[2][1] - times[1][1] == pytest.approx(WAIT_S)


def test_a_doubt_that_ends_late_is_told_when_it_ends() -> None:
    judges: list[Says] = []

    def judge() -> Says:
        judges.append(Says(Life.DOUBT))
        return judges[-1]

    tracker = Tracker(GALLERY, POINTS, judge)
    waited = shown(tracker, [0.0] * 12, [like(3, n) for n in range(12)])
    assert [fact.life for fact in waited if isinstance(fact, FaceMatched)] == [Life.DOUBT]
    judges[0].life = Life.LIVE
    (fact,) = shown(tracker, [0.0], [like(3, 99)], begun_s=1.2)
    assert isinstance(fact, FaceMatched)
    assert (fact.life, fact.person) == (Life.LIVE, "p3")
    assert len(judges) == 1
    assert judges[0].observed == 13


def test_the_wait_is_counted_from_the_match() -> None:
    tracker = Tracker(GALLERY, POINTS, lambda: Says(Life.DOUBT))
    times = []
    for number in range(30):
        now_s = number * FRAME_S
        known = like(3, number) if number >= 5 else None
        times += [now_s for _ in tracker.observe([Observation(HERE, turned(0.0), known, face(0.0))], now_s)]
    assert times[0] == pytest.approx(0.5 + WAIT_S)


def test_a_photograph_that_is_swapped_for_a_stranger_gets_a_gesture_of_nobody() -> None:
    tracker = Tracker(GALLERY, POINTS, lambda: Says(Life.DOUBT))
    stranger = unit_rows(1, 256, 77)[0]
    embeddings = [like(3, n) if n < 10 else at_cosine(stranger, 0.95, n) for n in range(len(TURN))]
    facts = shown(tracker, TURN, embeddings)
    gestures = [fact for fact in facts if isinstance(fact, GestureSeen)]
    assert all(fact.person == "" or fact.track != 1 for fact in gestures)
    assert not any(fact.person == "p3" for fact in gestures)


def test_a_turned_face_that_is_unlike_itself_stays_one_track() -> None:
    tracker = Tracker(GALLERY, POINTS, lambda: Says(Life.DOUBT))
    odd = [like(3, n) if abs(yaw) <= 20.0 else at_cosine(PEOPLE[3], 0.05, n) for n, yaw in enumerate(TURN)]
    facts = shown(tracker, TURN, list(odd))
    assert [track.id for track in tracker.tracks] == [1]
    assert GestureSeen(1, Gesture.TURN_LEFT, "p3") in facts


def test_what_a_sheet_was_tilted_to_is_no_gesture() -> None:
    tracker = Tracker(GALLERY, POINTS, lambda: Says(Life.SPOOF))
    facts = shown(tracker, TURN, [like(3, n) for n in range(len(TURN))])
    assert all(isinstance(fact, FaceMatched) and fact.life is Life.SPOOF for fact in facts)


def test_a_gesture_waits_for_a_look_at_who_made_it_but_not_for_ever() -> None:
    performance = Performance(7)
    performance.observe([], like(2, 1), 10.0)
    performance.observe([Made(Gesture.BLINK, 10.0)], None, 10.3)
    assert performance.waits
    assert performance.told(GALLERY, POINTS, 10.3) == []
    performance.observe([], like(2, 2), 10.4)
    assert performance.told(GALLERY, POINTS, 10.4) == [GestureSeen(7, Gesture.BLINK, "p2")]
    assert not performance.waits
    performance.observe([Made(Gesture.BLINK, 20.0)], None, 20.3)
    assert performance.told(GALLERY, POINTS, 20.3 + LATEST_S + 0.01) == [GestureSeen(7, Gesture.BLINK, "")]


def test_two_people_in_one_gesture_are_nobody() -> None:
    performance = Performance(7)
    performance.observe([], like(2, 1), 10.0)
    performance.observe([], like(5, 1), 10.1)
    performance.observe([Made(Gesture.TURN_LEFT, 10.0)], like(2, 2), 10.3)
    assert performance.told(GALLERY, POINTS, 10.3) == [GestureSeen(7, Gesture.TURN_LEFT, "")]
