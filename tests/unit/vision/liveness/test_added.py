"""What only some devices ask for is asked for everywhere that asks about life."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from edge.events import Life
from edge.vision.faces import Face
from edge.vision.liveness.added import added_cues
from edge.vision.liveness.judge import at_an_enrolment, default_cues, fuse
from edge.vision.liveness.second import SecondCamera

CRITICS: Any = ("a network",)
SECOND = SecondCamera(lambda _wait_s: None)


@pytest.mark.parametrize(
    ("critics", "second", "names"),
    [((), None, []), (CRITICS, None, ["network"]), ((), SECOND, ["second"]), (CRITICS, SECOND, ["network", "second"])],
)
def test_each_is_there_where_the_device_has_it(critics: Any, second: SecondCamera | None, names: list[str]) -> None:
    assert [cue.name for cue in added_cues(critics, lambda _picture: [], second)] == names


def test_at_an_enrolment_each_must_agree_too() -> None:
    cues = default_cues(partial(added_cues, CRITICS, lambda _picture: [], SECOND))
    good = {cue.name: 1.0 for cue in cues}
    assert fuse(cues, good) is Life.LIVE
    for name in ("network", "second"):
        assert fuse(cues, {**good, name: 0.0}) is Life.DOUBT
        assert fuse(cues, {one: score for one, score in good.items() if one != name}) is Life.DOUBT


def test_the_second_camera_is_asked_at_an_enrolment(face: Face) -> None:
    asked: list[float] = []

    def newest(wait_s: float) -> None:
        asked.append(wait_s)

    liveness = at_an_enrolment(partial(added_cues, (), lambda _picture: [face], SecondCamera(newest)))
    for number in range(9):
        liveness.observe(face, number / 15)
    assert asked
    assert set(asked) == {0.0}
