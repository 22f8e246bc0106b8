from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vision_samples import POINTS, Says, at_cosine, quality, unit_rows

from edge.events import FaceMatched, FacePoor, FaceUnknown, Life, PoorReason
from edge.vision.attempt import CLEAR, ENOUGH_FRAMES, POOR_S, REST_S, SPACING_S, Decision
from edge.vision.embed import Embedding, fuse
from edge.vision.geometry import Box
from edge.vision.match import Gallery
from edge.vision.track import LOST_S, Fact, Observation, Tracker

PEOPLE = unit_rows(10, 256, seed=4)
GALLERY = Gallery(PEOPLE, [f"p{n}" for n in range(10)], POINTS.second_floor)
HERE, THERE = Box(100, 100, 200, 200), Box(400, 100, 500, 200)
TEN_FPS = 0.1


def like(person: int, cosine: float, seed: int = 1) -> Embedding:
    """A picture of somebody: about this cosine to the template, and to other pictures of the same visit."""
    visit = at_cosine(PEOPLE[person], cosine**0.5, 1000 + person)
    return at_cosine(visit, cosine**0.5, seed)


def stranger(seed: int) -> Embedding:
    return at_cosine(unit_rows(1, 256, 77)[0], 0.8, seed)


def seen(embedding: Embedding | None, score: float = 1.0, box: Box = HERE) -> Observation:
    return Observation(box, quality(score), embedding)


def poor(reason: PoorReason, box: Box = HERE) -> Observation:
    return Observation(box, quality(0.0, reason))


def tracker(gallery: Gallery = GALLERY) -> Tracker:
    return Tracker(gallery, POINTS, lambda: Says(Life.LIVE))


def run(
    follow: Tracker, frames: Iterable[Observation | None], begun_s: float = 0.0, step_s: float = TEN_FPS
) -> list[tuple[float, Fact]]:
    """Shows the frames at a steady rate; returns the decisions with their times."""
    decided: list[tuple[float, Fact]] = []
    for number, observation in enumerate(frames):
        now_s = begun_s + number * step_s
        decided += [(now_s, d) for d in follow.observe([observation] if observation else [], now_s)]
    return decided


def test_one_clear_frame_suffices_at_a_high_score() -> None:
    ((when, decision),) = run(tracker(), [seen(like(3, 0.9))])
    assert isinstance(decision, FaceMatched)
    assert (when, decision.person, decision.frames, decision.track) == (0.0, "p3", 1, 1)
    assert decision.threshold == POINTS.threshold(10, fused=False) + POINTS.alone
    assert decision.score >= decision.threshold
    assert decision.strong


def test_a_frame_of_middling_quality_waits_for_a_second_one() -> None:
    frames = [seen(like(3, 0.9, n), score=CLEAR - 0.01) for n in range(2)]
    ((when, decision),) = run(tracker(), frames)
    assert when == pytest.approx(TEN_FPS)
    assert isinstance(decision, FaceMatched)
    assert decision.frames == 2
    assert decision.threshold == POINTS.threshold(10, fused=True)


def test_several_weak_frames_together_are_enough() -> None:
    pictures = [like(5, 0.34, n) for n in range(10, 15)]
    assert all(GALLERY.match(picture).score < POINTS.threshold(10, fused=True) for picture in pictures)
    ((_, decision),) = run(tracker(), [seen(picture) for picture in pictures])
    assert isinstance(decision, FaceMatched)
    assert decision.person == "p5"
    assert 2 <= decision.frames <= 5
    assert not decision.strong


def test_a_frame_weighs_as_much_as_it_is_good() -> None:
    first, second = like(6, 0.5, 1), like(6, 0.5, 2)
    ((_, decision),) = run(tracker(), [seen(first, 0.2), seen(second, 0.4)])
    assert isinstance(decision, FaceMatched)
    assert decision.score == pytest.approx(GALLERY.match(fuse([first, second], [0.2, 0.4])).score, abs=1e-6)


def test_the_worst_frame_is_left_out_when_there_are_more_than_enough() -> None:
    pictures = [stranger(n) for n in range(ENOUGH_FRAMES)]
    follow = tracker()
    run(follow, [seen(stranger(99), 0.1), *(seen(picture, 0.9) for picture in pictures[:-1])])
    ((_, decision),) = run(follow, [seen(pictures[-1], 0.9)], begun_s=0.5)
    assert isinstance(decision, FaceUnknown)
    assert decision.score == pytest.approx(GALLERY.match(fuse(pictures)).score, abs=1e-6)


def test_a_stranger_is_unknown_after_enough_frames_over_enough_time() -> None:
    ((when, decision),) = run(tracker(), [seen(stranger(n)) for n in range(12)])
    assert isinstance(decision, FaceUnknown)
    assert decision.frames >= ENOUGH_FRAMES
    assert when == pytest.approx(0.5)
    assert decision.score < decision.threshold == POINTS.threshold(10, fused=True)


def test_a_fast_camera_changes_nothing_of_that() -> None:
    ((when, decision),) = run(tracker(), [seen(stranger(n)) for n in range(40)], step_s=1 / 50)
    assert isinstance(decision, FaceUnknown)
    assert 0.5 <= when <= 0.65
    assert decision.frames <= 7


def test_nobody_enrolled_means_unknown() -> None:
    empty = Gallery(np.empty((0, 256), np.float32), [], 0.0)
    ((_, decision),) = run(tracker(empty), [seen(like(1, 0.99, n)) for n in range(8)])
    assert isinstance(decision, FaceUnknown)


def test_only_poor_frames_are_told_with_the_reason_seen_most() -> None:
    frames = [poor(PoorReason.BLURRED if n % 3 == 0 else PoorReason.TOO_DARK) for n in range(20)]
    ((when, decision),) = run(tracker(), frames)
    assert decision == FacePoor(1, PoorReason.TOO_DARK)
    assert when == pytest.approx(POOR_S)


def test_a_good_frame_among_poor_ones_puts_the_complaint_off() -> None:
    frames = [poor(PoorReason.BLURRED)] * 10 + [seen(stranger(1))] + [poor(PoorReason.BLURRED)] * 11
    assert run(tracker(), frames) == []


def test_who_follows_the_advice_is_recognised_at_once() -> None:
    follow = tracker()
    assert run(follow, [poor(PoorReason.TOO_FAR)] * 13)[-1][1] == FacePoor(1, PoorReason.TOO_FAR)
    ((when, decision),) = run(follow, [seen(like(2, 0.9))], begun_s=1.4)
    assert isinstance(decision, FaceMatched)
    assert when == 1.4


def test_a_face_that_stays_is_decided_about_again_after_a_rest() -> None:
    decided = run(tracker(), [seen(stranger(n)) for n in range(100)])
    times = [when for when, _ in decided]
    assert len(decided) == 3
    assert all(isinstance(d, FaceUnknown) and d.track == 1 for _, d in decided)
    assert all(b - a >= REST_S for a, b in pairwise(times))
    complaints = run(tracker(), [poor(PoorReason.BLURRED)] * 100)
    assert len(complaints) == 3


def test_who_was_refused_may_be_enrolled_meanwhile_and_try_again() -> None:
    follow = tracker(Gallery(PEOPLE[:5], ["a", "b", "c", "d", "e"], 0.0))
    decided = run(follow, [seen(like(7, 0.9, n)) for n in range(10)])
    assert [type(d) for _, d in decided] == [FaceUnknown]
    follow.gallery = GALLERY
    decided = run(follow, [seen(like(7, 0.9, n)) for n in range(40)], begun_s=1.0)
    assert isinstance(decided[0][1], FaceMatched)
    assert decided[0][1].track == 1


def test_frames_of_two_people_who_swap_places_are_never_averaged() -> None:
    follow = tracker()
    first = run(follow, [seen(like(1, 0.5))])  # one such frame is not enough, two of them are
    swapped = run(follow, [seen(like(2, 0.5, 2)), seen(like(2, 0.9, 3))], begun_s=TEN_FPS)
    assert first == []
    ((_, decision),) = swapped
    assert isinstance(decision, FaceMatched)
    assert (decision.person, decision.track) == ("p2", 2)


def test_people_side_by_side_have_their_own_tracks() -> None:
    follow = tracker()
    decided = []
    for n in range(8):
        decided += follow.observe([seen(stranger(n)), seen(like(4, 0.9, n), box=THERE)], n * TEN_FPS)
    assert {(type(d), d.track) for d in decided} == {(FaceUnknown, 1), (FaceMatched, 2)}


def test_a_face_that_walks_is_one_face() -> None:
    follow = tracker()
    for n in range(20):
        follow.observe([seen(None, box=Box(100 + 40 * n, 100, 200 + 40 * n, 200))], n * TEN_FPS)
    assert [t.id for t in follow.tracks] == [1]


def test_a_face_that_went_and_came_back_is_a_new_one() -> None:
    follow = tracker()
    run(follow, [seen(stranger(0))] * 3)
    assert run(follow, [None] * 5, begun_s=0.3) == []
    assert len(follow.tracks) == 1
    run(follow, [None] * 10, begun_s=0.8 + LOST_S - 0.5)
    assert follow.tracks == []
    ((_, decision),) = run(follow, [seen(like(0, 0.9))], begun_s=5.0)
    assert isinstance(decision, FaceMatched)
    assert decision.track == 2


def test_an_embedding_is_only_asked_for_when_it_would_be_used() -> None:
    follow = tracker()
    assert follow.wants(HERE, 0.0)
    follow.observe([seen(stranger(0))], 0.0)
    assert not follow.wants(HERE, SPACING_S / 2)
    assert follow.wants(HERE, SPACING_S * 1.01)
    assert follow.wants(THERE, SPACING_S / 2)  # somebody else
    follow.observe([seen(like(1, 0.9), box=THERE)], 0.2)
    assert not follow.wants(THERE, 0.2 + REST_S / 2)
    assert follow.wants(THERE, 0.3 + REST_S)


def test_good_frames_without_an_embedding_decide_nothing() -> None:
    assert run(tracker(), [seen(None)] * 60) == []


where = st.sampled_from([HERE, THERE])
observations = st.one_of(
    st.none(),
    st.builds(poor, st.sampled_from(PoorReason), where),
    st.builds(
        seen, st.builds(like, st.integers(0, 9), st.floats(0.2, 0.95), st.integers(0, 50)), st.floats(0, 1), where
    ),
    st.builds(seen, st.builds(stranger, st.integers(0, 50)), st.floats(0, 1), where),
)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.floats(0.0, 1.5), observations), max_size=60))
def test_whatever_is_seen_a_track_rests_between_decisions_and_names_only_who_it_saw(
    shown: list[tuple[float, Observation | None]],
) -> None:
    follow, now_s, last = tracker(), 0.0, dict[int, tuple[float, Decision]]()
    for pause_s, observation in shown:
        now_s += pause_s
        for decision in follow.observe([observation] if observation else [], now_s):
            assert observation is not None
            if decision.track in last:
                when, before = last[decision.track]
                advised = isinstance(before, FacePoor) and not isinstance(decision, FacePoor)
                assert advised or now_s - when >= REST_S
            last[decision.track] = (now_s, decision)
            if isinstance(decision, FacePoor):
                assert observation.quality.reason is not None
            else:
                assert observation.quality.reason is None
                assert isinstance(decision, FaceMatched) == (decision.score >= decision.threshold)
                assert decision.threshold >= POINTS.threshold(10, fused=True)


def test_a_clock_that_jumps_ends_tracks_and_nothing_else() -> None:
    follow = tracker()
    run(follow, [seen(stranger(0))] * 3)
    ((_, decision),) = run(follow, [seen(like(0, 0.9))], begun_s=1e9)
    assert isinstance(decision, FaceMatched)
    assert decision.track == 2
    assert run(follow, [seen(stranger(n)) for n in range(5)], begun_s=0.0) == []
