from __future__ import annotations

import numpy as np
import pytest

from edge.events import Gesture
from edge.rig.head import HeadPose
from edge.rig.motion import Act, Approach, Handheld, Living, Manner, Wander, with_act


def test_a_wander_has_the_deviation_that_was_asked_for() -> None:
    wander = Wander(np.random.default_rng(1), 2.0, 0.2, 1.5)
    values = np.array([wander.at(t) for t in np.arange(0.0, 200.0, 0.05)])
    assert values.std() == pytest.approx(2.0, rel=0.1)
    assert abs(values.mean()) < 0.3


def test_somebody_walks_up_stops_and_goes() -> None:
    walk = Approach(1500.0, 600.0, 700.0, beside_mm=900.0, leaves_s=4.0)
    assert walk.distance_mm(0.0) == pytest.approx(1500.0, rel=0.02)
    assert walk.distance_mm(4.0) == pytest.approx(600.0, rel=0.02)
    assert np.all(np.diff([walk.distance_mm(t) for t in np.arange(0.0, 5.0, 0.1)]) <= 0.0)
    assert (walk.aside_mm(0.0), walk.aside_mm(2.0), walk.aside_mm(5.0)) == (900.0, 0.0, 900.0)
    assert [walk.pace(0.0), walk.pace(3600.0)] == pytest.approx([1.0, 0.0], abs=1e-3)
    stands = Approach(1500.0, 600.0, 0.0)
    assert {stands.distance_mm(t) for t in (0.0, 1.0, 9.0)} == {600.0}


def test_blinks_come_as_often_and_last_as_long_as_peoples() -> None:
    still = Manner(sway_mm=0.0, yaw=0.0, pitch=0.0, roll=0.0, blinks_a_minute=30.0)
    living = Living(np.random.default_rng(2), Approach(600.0, 600.0, 0.0), still, 60.0)
    lids = np.array([living.at(t).lids for t in np.arange(0.0, 60.0, 0.02)])
    shut = lids > 0.5
    blinks = int((np.diff(shut.astype(int)) == 1).sum())
    assert 15 <= blinks <= 45
    assert 0.1 < shut.sum() * 0.02 / blinks < 0.35
    assert lids.max() == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("gesture", "changed", "sign"),
    [
        (Gesture.TURN_LEFT, "yaw", 1),  # their own left is the picture's right
        (Gesture.TURN_RIGHT, "yaw", -1),
        (Gesture.LOOK_UP, "pitch", -1),
        (Gesture.OPEN_MOUTH, "jaw_rad", 1),
        (Gesture.BLINK, "lids", 1),
    ],
)
def test_a_gesture_changes_what_it_should_and_passes(gesture: Gesture, changed: str, sign: int) -> None:
    rest = HeadPose(600.0, roll=2.0)
    during = max(
        (with_act(rest, Act(0.0, gesture), t) for t in np.arange(0.0, 2.0, 0.05)),
        key=lambda p: abs(getattr(p, changed)),
    )
    assert sign * getattr(during, changed) > 0.2
    assert with_act(rest, Act(0.0, gesture), -0.1) == with_act(rest, Act(0.0, gesture), 3.0) == rest
    assert during.roll == rest.roll


def test_what_is_held_shakes_and_what_stands_on_a_stand_hardly_does() -> None:
    rest = Approach(500.0, 500.0, 0.0)
    held, stood = (Handheld(np.random.default_rng(3), rest, *how, 0.0, 0.0) for how in ((3.0, 6.0), (0.02, 0.05)))
    spans = [np.ptp([hand.at(t)[0].yaw for t in np.arange(0.0, 2.0, 0.1)]) for hand in (held, stood)]
    assert spans[0] > 1.0
    assert spans[1] < 0.5
