from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from edge.events import Gesture
from edge.vision.faces import Face
from edge.vision.liveness.gestures import Gestures
from edge.vision.pose import Pose

STEP_S = 1 / 15


def posed(face: Face, yaw: float = 0.0, pitch: float = 0.0, mouth: float = 0.0, shut: bool = False) -> Face:
    """The face with another pose, its lower lip lower by a share of the mouth's width, its eyes covered by skin."""
    figures = replace(face.quality.figures, pose=Pose(yaw, pitch, 0.0))
    points = face.points.copy()
    wide = float(np.linalg.norm(points[78] - points[308]))
    points[14, 1] = points[13, 1] + mouth * wide
    picture = face.picture.copy()
    if shut:
        for outer, inner in ((33, 133), (362, 263)):
            middle = points[[outer, inner], :2].mean(axis=0)
            half = float(np.hypot(*(points[outer, :2] - points[inner, :2]))) * 0.7
            skin = face.picture[int(middle[1] + 2 * half), int(middle[0])].tolist()
            cv2.circle(picture, tuple(int(n) for n in middle), int(half), skin, -1)
    return replace(face, points=points, picture=picture, quality=replace(face.quality, figures=figures))


def seen(gestures: Gestures, faces: Sequence[Face], begun_s: float = 0.0) -> list[Gesture]:
    made = []
    for number, one in enumerate(faces):
        made += [ended.gesture for ended in gestures.observe(one, begun_s + number * STEP_S)]
    return made


def there_and_back(face: Face, **out: float) -> list[Face]:
    """Rest, out to the given values in four steps, a while there, and back."""
    shares = [0.0] * 8 + [0.25, 0.5, 0.75] + [1.0] * 5 + [0.75, 0.5, 0.25] + [0.0] * 4
    return [posed(face, **{name: share * value for name, value in out.items()}) for share in shares]


@pytest.mark.parametrize(
    ("gesture", "out"),
    [
        (Gesture.TURN_LEFT, {"yaw": 24.0}),  # the nose goes to the picture's right: the person's left
        (Gesture.TURN_RIGHT, {"yaw": -24.0}),
        (Gesture.LOOK_UP, {"pitch": -16.0}),
        (Gesture.OPEN_MOUTH, {"mouth": 0.4}),
    ],
)
def test_each_gesture_is_told_once_when_it_is_over(face: Face, gesture: Gesture, out: dict[str, float]) -> None:
    frames = there_and_back(face, **out)
    gestures = Gestures()
    assert seen(gestures, frames[:15]) == []
    assert seen(gestures, frames[15:], begun_s=15 * STEP_S) == [gesture]
    assert seen(gestures, frames[8:], begun_s=len(frames) * STEP_S) == [gesture]


def begun(gestures: Gestures, faces: Sequence[Face]) -> list[tuple[int, Gesture]]:
    told = []
    for number, one in enumerate(faces):
        gestures.observe(one, number * STEP_S)
        told += [(number, gestures.begun)] if gestures.begun else []
    return told


def test_that_one_has_begun_is_told_once_while_the_head_is_still_out(face: Face) -> None:
    frames = there_and_back(face, yaw=24.0)
    assert begun(Gestures(), frames) == [(11, Gesture.TURN_LEFT)]  # the second one beyond the threshold
    assert begun(Gestures(), there_and_back(face, yaw=9.0)) == []
    assert begun(Gestures(), [*frames[:11], posed(face), *frames[18:]]) == []  # one frame is none


def test_of_two_at_the_same_time_the_greater_has_begun(face: Face) -> None:
    assert [one for _, one in begun(Gestures(), there_and_back(face, yaw=24.0, pitch=-10.0))] == [Gesture.TURN_LEFT]


def test_a_blink_is_a_gesture_and_shut_eyes_are_none(face: Face) -> None:
    open_, shut = posed(face), posed(face, shut=True)
    assert seen(Gestures(), [open_] * 8 + [shut] * 3 + [open_] * 4) == [Gesture.BLINK]
    assert seen(Gestures(), [open_] * 8 + [shut] * 30 + [open_] * 4) == []


def test_small_movements_are_none(face: Face) -> None:
    assert seen(Gestures(), there_and_back(face, yaw=9.0)) == []
    assert seen(Gestures(), there_and_back(face, pitch=12.0)) == []  # down


def test_a_head_that_nods_while_it_turns_has_turned_and_the_other_way_round(face: Face) -> None:
    turned = there_and_back(face, yaw=24.0, pitch=-10.0)
    assert seen(Gestures(), turned) == [Gesture.TURN_LEFT]
    assert seen(Gestures(), there_and_back(face, yaw=-15.0, pitch=-16.0)) == [Gesture.LOOK_UP]
    late = [*turned[:14], *(posed(face, yaw=0.0, pitch=-10.0) for _ in range(3)), *[posed(face)] * 3]
    assert seen(Gestures(), late) == [Gesture.TURN_LEFT]  # the nod ends after the turn was told


def test_it_counts_from_where_somebody_usually_looks(face: Face) -> None:
    aside = [posed(face, yaw=20.0)] * 30
    turn = [posed(face, yaw=20.0 - 18.0 * share) for share in (0.3, 0.7, 1.0, 1.0, 1.0, 0.7, 0.3, 0.0)]
    assert seen(Gestures(), [*aside, *turn]) == [Gesture.TURN_RIGHT]


def test_a_pause_and_a_clock_set_back_begin_anew(face: Face) -> None:
    frames = there_and_back(face, yaw=24.0)
    for resumed_s in (30.0, -5.0):
        gestures = Gestures()
        assert seen(gestures, frames[:14]) == []
        assert seen(gestures, frames[14:], begun_s=resumed_s) == []


def test_who_looks_away_for_good_has_made_no_gesture(face: Face) -> None:
    away = [posed(face)] * 8 + [posed(face, yaw=30.0)] * 100
    assert seen(Gestures(), [*away, posed(face, yaw=30.0)]) == []


def test_points_that_are_no_numbers_are_passed_over(face: Face) -> None:
    broken = replace(face, points=np.full_like(face.points, np.nan))
    frames = there_and_back(face, yaw=24.0)
    mixed = [one for pair in zip(frames, [broken] * len(frames), strict=True) for one in pair]
    assert seen(Gestures(), mixed) == [Gesture.TURN_LEFT]
