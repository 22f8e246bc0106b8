from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from moving_heads import FPS, Step, head, moved, sheet, walk

from edge.drivers.camera import Picture
from edge.vision.faces import Face
from edge.vision.liveness.around import Around, Split
from edge.vision.liveness.border import Border
from edge.vision.liveness.cue import EVIDENCE_S, Cue, Seen
from edge.vision.liveness.follow import TURNED_DEG, Flow, Follower
from edge.vision.liveness.geometry import Geometry
from edge.vision.liveness.life import PATIENCE_S, SignsOfLife
from edge.vision.liveness.sides import Pair
from edge.vision.liveness.surface import Surface, peak, spectrum
from edge.vision.liveness.surroundings import Surroundings

CLEAR = Split(still=60, along=0, other=4, apart=0, chest_still=0, chest_moved=20, head=100)


def flow(
    gain: float = 30.0,
    turn: tuple[float, float] = (0.1, 0.0),
    expected: tuple[float, float] = (0.1, 0.0),
    split: Split = CLEAR,
    age_s: float = 0.5,
    went: float = 0.2,
) -> Flow:
    return Flow(age_s, split, went, Pair(np.array(turn), np.array(expected), gain, 0.0))


def score(cue: Cue, face: Face, flows: Sequence[Flow | None], begun_s: float = 0.0) -> float | None:
    """Of two sides that are compared the later one is each frame's own."""
    for number, one in enumerate(flows):
        now_s = begun_s + number / FPS
        if one is not None and one.pair is not None:
            one = replace(one, pair=replace(one.pair, seen_s=now_s))
        cue.observe(Seen(face, one, now_s))
    return cue.score()


def test_geometry_wants_a_clear_gain_and_turns_that_agree(face: Face) -> None:
    table = [
        (flow(), True),
        (flow(gain=1.8), False),  # what noise and compression look like
        (flow(gain=12.0, turn=(0.004, 0.0)), False),  # a bent sheet shows a little of the turn
        (flow(turn=(-0.1, 0.0)), False),  # the texture turns against the mesh
        (flow(turn=(0.0, 0.1)), False),  # or across it
        (flow(gain=8.0, turn=(1.0, 0.0)), False),  # or much further, as a smear seems to
        (flow(gain=-30.0), False),  # there and back contradict each other
        (flow(gain=float("nan")), None),
    ]
    for one, lives in table:
        found = score(Geometry(), face, [one] * 6)
        assert (None if found is None else found >= Geometry.passes) is lives, one
    assert score(Geometry(), face, [replace(flow(), pair=None)] * 6) is None


def test_a_sheet_that_is_tilted_is_a_doubt_and_so_is_who_stands_still(face: Face) -> None:
    for expected in ((0.2, 0.0), (0.01, 0.0)):
        found = score(Geometry(), face, [flow(gain=2.0, turn=(0.0, 0.001), expected=expected)] * 9)
        assert found is not None
        assert Geometry.fails < found < Geometry.passes


def test_a_sheet_that_is_tilted_one_way_and_carried_the_other_is_a_doubt(face: Face) -> None:
    """It is expected to turn by next to nothing, which the little turn that a sheet pretends agrees with."""
    found = score(Geometry(), face, [flow(gain=8.0, turn=(0.004, 0.0), expected=(0.003, 0.0))] * 9)
    assert found is not None
    assert found < Geometry.passes


@pytest.mark.parametrize(
    "bad", [flow(gain=-200.0), flow(gain=200.0, turn=(-0.1, 0.0)), flow(gain=200.0, turn=(0.0, 0.1))]
)
def test_few_good_pairs_among_many_that_contradict_are_a_doubt(face: Face, bad: Flow) -> None:
    found = score(Geometry(), face, [flow(gain=20.0), bad, bad] * 4)
    assert found is not None
    assert found < Geometry.passes


def test_what_was_seen_long_ago_counts_no_more_for_being_compared_now(face: Face) -> None:
    cue = Geometry()
    for number in range(6):
        cue.observe(Seen(face, flow(), EVIDENCE_S + 0.1 + number / FPS))
    assert cue.score() is None


def test_one_bad_side_does_not_outweigh_the_others(face: Face) -> None:
    found = score(Geometry(), face, [*[flow()] * 6, flow(gain=-3000.0)])
    assert found is not None
    assert found >= Geometry.passes


def test_one_good_pair_is_an_accident(face: Face) -> None:
    assert score(Geometry(), face, [flow()]) is None
    found = score(Geometry(), face, [flow(), *[flow(gain=0.5)] * 6])
    assert found is not None
    assert found < Geometry.passes
    for others in ([0.5], [-3000.0], [-5.0, -5.0], [0.5, 0.5]):
        found = score(Geometry(), face, [flow(), *(flow(gain=gain) for gain in others)])
        assert found is not None
        assert found < Geometry.passes
    few, more = (score(Geometry(), face, [flow(gain=2.6)] * count) for count in (2, 3))
    assert few is not None
    assert more is not None
    assert few < Geometry.passes <= more


@example(others=[1.8, 1.8], best=1e16)  # in whose last digit the others are lost
@given(others=st.lists(st.floats(-10.0, 4.0), min_size=1, max_size=6), best=st.sampled_from([5.0, 300.0, 1e16]))
def test_however_good_one_pair_is_the_others_have_to_be_enough_without_it(
    face: Face, others: list[float], best: float
) -> None:
    least = 2.0 * max(1.0, 3.0 / (len(others) + 1))  # what so many pairs have to have in the mean
    assume(sum(max(gain, -5.0) for gain in others) < (least - 1e-6) * len(others))
    for place in range(len(others) + 1):
        gains = [*others[:place], best, *others[place:]]
        found = score(Geometry(), face, [flow(gain=gain) for gain in gains])
        assert found is not None
        assert found < Geometry.passes


def test_one_later_side_decides_nothing_however_many_pairs_it_makes(face: Face) -> None:
    cue, good, bad = Geometry(), flow().pair, flow(gain=0.5).pair
    assert good is not None
    assert bad is not None
    for number, pair in enumerate([replace(good, seen_s=0.0)] * 3):
        cue.observe(Seen(face, replace(flow(), pair=pair), number / FPS))
    assert cue.score() is None
    cue.observe(Seen(face, replace(flow(), pair=replace(bad, seen_s=0.3)), 0.3))
    found = cue.score()
    assert found is not None
    assert found < Geometry.passes
    cue.observe(Seen(face, replace(flow(), pair=replace(good, seen_s=0.4)), 0.4))
    assert (cue.score() or 0.0) >= Geometry.passes


@pytest.mark.parametrize("cue", [Geometry, Surroundings, Border])
def test_evidence_grows_old_and_a_clock_set_back_forgets_it(cue: type[Cue], face: Face) -> None:
    fresh = cue()
    assert score(fresh, face, [flow()] * 8, begun_s=100.0) is not None
    fresh.observe(Seen(face, None, 101.0 + EVIDENCE_S))
    assert fresh.score() is None
    assert score(fresh, face, [flow()] * 8, begun_s=200.0) is not None
    fresh.observe(Seen(face, None, 50.0))
    assert fresh.score() is None


def test_surroundings_table(face: Face) -> None:
    table: list[tuple[Split, float, bool | None]] = [
        (CLEAR, 0.2, True),
        (replace(CLEAR, still=4, other=60), 0.2, False),  # a screen in a hand
        (replace(CLEAR, still=20, along=60), 0.2, False),  # a sheet
        (replace(CLEAR, chest_still=20, chest_moved=20), 0.2, False),  # no body: a screen on a stand
        (replace(CLEAR, still=0, other=2), 0.2, True),  # a bare wall
        (replace(CLEAR, still=0, other=2), 0.01, None),  # a bare wall, and nobody moves before it
        (replace(CLEAR, still=0, other=9), 0.2, None),
    ]
    for split, went, lives in table:
        found = score(Surroundings(), face, [flow(split=split, went=went)] * 5)
        assert (None if found is None else found >= Surroundings.passes) is lives, split
    assert score(Surroundings(), face, [flow(split=replace(CLEAR, still=0, along=80))] * 5) == 0.0


def test_something_that_moves_apart_is_a_rim(face: Face) -> None:
    rim = flow(split=replace(CLEAR, apart=6))
    assert score(Border(), face, [flow()] * 6) == 1.0
    once = score(Border(), face, [flow(), rim, *[flow()] * 6])
    assert once == 1.0
    twice = score(Border(), face, [flow(), rim, rim, *[flow()] * 6])
    assert twice is not None
    assert twice < Border.passes


def split_of(face: Face, wall: Picture, steps: list[Step], reach: float = 1.35) -> Split:
    found = None
    follower = Follower()
    for now_s, one in moved(face, wall, steps, sheet, reach=reach):
        found = follower.observe(one, now_s)
    assert found is not None
    assert found.split is not None
    return found.split


SHIFT = [Step(), *(Step(shift=(2.0 * n, 0.0)) for n in range(1, 4))]


def test_a_head_before_a_wall_leaves_it_still(face: Face, wall: Picture) -> None:
    split = split_of(face, wall, SHIFT)
    assert split.still > 20
    assert split.along + split.other < 0.3 * split.still
    assert split.apart == 0


def test_a_sheet_brings_its_surroundings(face: Face, wall: Picture) -> None:
    textured = replace(face, picture=np.where(_ellipse(face, 1.3)[..., None], face.picture, wall))
    split = split_of(textured, wall, SHIFT, reach=9.0)
    assert split.along > 20
    assert split.still < 0.2 * split.along


def test_a_bar_that_moves_beside_the_head_is_apart_from_it(face: Face, wall: Picture) -> None:
    frames = [one for _, one in moved(face, wall, SHIFT, sheet)]
    around = Around(frames[0])
    barred = frames[3].picture.copy()
    barred[60:220, 18:26] = 10
    matrix = np.array([[1.0, 0.0, 6.0], [0.0, 1.0, 0.0]])
    assert around.split(replace(frames[3], picture=barred), matrix).apart >= 4
    assert around.split(frames[3], matrix).apart == 0


def _ellipse(face: Face, reach: float) -> Picture:
    mask = np.zeros(face.picture.shape[:2], np.uint8)
    low, high = face.points[:, :2].min(axis=0), face.points[:, :2].max(axis=0)
    middle, half = (low + high) / 2, reach * (high - low) / 2
    cv2.ellipse(mask, (tuple(map(float, middle)), tuple(map(float, 2 * half)), 0.0), (1,), -1)
    return mask


def test_a_grid_of_pixels_shows_in_the_spectrum(face: Face) -> None:
    y, x = np.mgrid[0 : face.picture.shape[0], 0 : face.picture.shape[1]]
    grid = 12.0 * np.cos(2 * np.pi * (0.29 * x + 0.21 * y))[..., None]
    gridded = replace(face, picture=np.clip(face.picture + grid, 0, 255).astype(np.uint8))
    plain, marked = spectrum(face), spectrum(gridded)
    assert plain is not None
    assert marked is not None
    assert peak(marked) > 3.0 * peak(plain)
    clean, screen = score(Surface(), face, [None] * 9), score(Surface(), gridded, [None] * 9)
    assert clean is not None
    assert screen is not None
    assert clean >= Surface.passes
    assert screen <= Surface.fails


def test_two_pictures_are_enough_for_the_spectrum(face: Face) -> None:
    assert score(Surface(), face, [None]) is None
    assert score(Surface(), face, [None] * 2) == score(Surface(), face, [None] * 3) == 1.0


def test_a_face_too_small_for_a_spectrum_says_nothing(face: Face) -> None:
    tiny = replace(face, points=face.points * np.float32(0.15) + np.float32(100.0))
    assert spectrum(tiny) is None
    assert score(Surface(), tiny, [None] * 9) is None
    assert spectrum(replace(face, points=face.points - np.float32([140.0, 0.0, 0.0]))) is None


def test_without_a_blink_or_a_word_patience_ends(face: Face) -> None:
    cue = SignsOfLife()
    frames = int(PATIENCE_S * FPS * 1.1)
    soon = score(cue, face, [None] * 10)
    assert soon is not None
    assert soon >= cue.passes
    late = score(cue, face, [None] * frames, begun_s=1.0)
    assert late is not None
    assert late < cue.passes
    spoke = face.points.copy()
    spoke[14, 1] += 0.4 * face.eye_px
    cue.observe(Seen(replace(face, points=spoke), None, 1.0 + frames / FPS))
    again = cue.score()
    assert again is not None
    assert again >= cue.passes


def test_the_thread_is_lost_after_a_pause_and_when_the_clock_goes_back(face: Face, wall: Picture) -> None:
    frames = [one for _, one in moved(face, wall, walk(4), head)]
    follower = Follower()
    assert follower.observe(frames[0], 10.0) is None
    assert follower.observe(frames[1], 10.1) is not None
    assert follower.observe(frames[2], 10.1) is None  # the same moment again
    assert follower.observe(frames[2], 11.0) is None
    assert follower.observe(frames[3], 11.1) is not None
    assert follower.observe(frames[3], 5.0) is None


def test_who_comes_in_smeared_is_followed_when_he_stops(face: Face, wall: Picture) -> None:
    (_, sharp), *_ = moved(face, wall, [Step()], head)
    follower = Follower(around=False)
    assert follower.observe(replace(sharp, picture=cv2.blur(sharp.picture, (13, 13))), 0.0) is None
    assert follower.observe(sharp, 0.1) is not None
    rng = np.random.default_rng(3)
    assert follower.observe(replace(sharp, picture=rng.integers(0, 255, sharp.picture.shape, np.uint8)), 0.2) is None


def test_the_thread_does_not_lead_through_a_picture_that_shows_nothing(face: Face, wall: Picture) -> None:
    frames = [one for _, one in moved(face, wall, walk(3), head)]
    follower = Follower(around=False)
    assert follower.observe(frames[0], 0.0) is None
    assert follower.observe(frames[1], 0.1) is not None
    assert follower.observe(replace(frames[2], picture=np.full_like(wall, 120)), 0.2) is None


def test_a_head_that_has_turned_far_is_followed_from_there_on(face: Face, wall: Picture) -> None:
    frames = [one for _, one in moved(face, wall, walk(4), head)]
    figures = face.quality.figures
    aside = replace(figures.pose, yaw=figures.pose.yaw + TURNED_DEG + 1.0)
    turned = replace(frames[2], quality=replace(face.quality, figures=replace(figures, pose=aside)))
    follower = Follower()
    ages = [
        flow.age_s for n, one in enumerate([*frames[:2], turned, frames[3]]) if (flow := follower.observe(one, n / 10))
    ]
    assert ages == pytest.approx([0.1, 0.2, 0.1])
