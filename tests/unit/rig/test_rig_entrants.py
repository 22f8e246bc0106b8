"""What each kind makes of being asked: somebody alive obeys, paper is tilted, a film goes on as it was made."""

from __future__ import annotations

import numpy as np
import pytest

from edge.events import Gesture
from edge.rig.drawn import Cast
from edge.rig.entrants import make_entrant
from edge.rig.portrait import Portrait
from edge.rig.ranges import TUNING

ASKED_S, SAID_S = 6.0, 8.0


def turned(kind: str, cast: Cast, gesture: Gesture, what: str, seed: int = 1) -> float:
    """By how much being asked changes what is shown in the following seconds, at most."""
    still, asked = (make_entrant(kind, cast, TUNING, np.random.default_rng(seed), 20.0) for _ in range(2))
    asked.hear(gesture, ASKED_S, SAID_S)
    times = np.arange(SAID_S, SAID_S + 9.0, 0.1)
    return max(abs(getattr(asked.take.pose(t), what) - getattr(still.take.pose(t), what)) for t in times)


@pytest.mark.parametrize("kind", ["live", "print", "bent", "cutout", "screen"])
def test_a_turn_that_is_asked_for_is_made_by_heads_and_by_hands(
    kind: str, astronaut: Portrait, president: Portrait
) -> None:
    assert turned(kind, Cast(astronaut, president), Gesture.TURN_LEFT, "yaw") > 15.0


def test_what_is_on_a_stand_is_tilted_by_nobody(astronaut: Portrait, president: Portrait) -> None:
    assert turned("bent", Cast(astronaut, president), Gesture.TURN_LEFT, "yaw", 4) == 0.0


def test_only_somebody_alive_shuts_his_eyes_when_asked(astronaut: Portrait, president: Portrait) -> None:
    cast = Cast(astronaut, president)
    assert turned("live", cast, Gesture.BLINK, "lids") > 0.5
    assert turned("print", cast, Gesture.BLINK, "lids") == 0.0


def test_a_film_does_not_hear(astronaut: Portrait, president: Portrait) -> None:
    assert turned("replay", Cast(astronaut, president), Gesture.TURN_LEFT, "yaw") == 0.0
