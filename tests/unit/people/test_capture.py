from __future__ import annotations

from collections.abc import Iterable

import pytest
from people_samples import ColourDescriber, paint

from edge.clock import Now
from edge.drivers.camera import Frame
from edge.errors import HardwareError
from edge.events import Life
from edge.people.capture import APART_S, ASKED, GIVE_UP_S, STALLED_S, capture
from edge.people.describe import LifeWatch
from edge.people.judge import EnrolmentRefusedError
from edge.web.words import mandarin


class FakeCamera:
    """Frames at given moments; None is a read that came to nothing. Its clock is the tests' clock."""

    def __init__(self, frames: Iterable[tuple[float, tuple[int, int, int] | None]]) -> None:
        self._frames = iter(frames)
        self.now_s = 0.0
        self._number = 0

    def clock(self) -> Now:
        return Now(self.now_s, 0)

    def open(self) -> None: ...

    def close(self) -> None: ...

    def read(self, timeout_s: float) -> Frame | None:
        assert timeout_s <= 1.0
        self.now_s, colour = next(self._frames)
        if colour is None:
            return None
        self._number += 1
        return Frame(paint(*colour), self.now_s, self._number)


def test_frames_are_taken_apart_in_time() -> None:
    camera = FakeCamera((n / 10, (1, n, 0)) for n in range(200))
    said: list[str] = []
    shots = capture(camera, ColourDescriber(), 3, camera.clock, said.append)
    assert [shot.name for shot in shots] == ["frame 1", "frame 11", "frame 21"]
    assert camera.now_s == 2 * APART_S
    assert said == ["good 1 of 3", "good 2 of 3", "good 3 of 3"]


def test_poor_frames_are_told_once_and_passed_over() -> None:
    colours = [(0, 0, 254), (0, 0, 255), (0, 0, 255), (1, 0, 0), (1, 1, 0), (1, 2, 0)]
    camera = FakeCamera((n * 1.5, colour) for n, colour in enumerate(colours))
    said: list[str] = []
    shots = capture(camera, ColourDescriber(), 3, camera.clock, said.append)
    assert len(shots) == 3
    assert said == ["no_face", "blurred", "good 1 of 3", "good 2 of 3", "good 3 of 3"]


def test_it_gives_up_and_says_why_the_last_was_poor() -> None:
    camera = FakeCamera((n * 0.5, (1, n, 0) if n == 0 else (0, 0, 255)) for n in range(1000))
    shots = capture(camera, ColourDescriber(), 3, camera.clock, lambda _: None)
    assert [shot.described.reason for shot in shots] == [None, "blurred"]
    assert GIVE_UP_S <= camera.now_s < GIVE_UP_S + 2


def test_a_camera_that_stops_is_an_error() -> None:
    camera = FakeCamera((float(n), (1, n, 0) if n < 2 else None) for n in range(100))
    with pytest.raises(HardwareError, match="no more frames"):
        capture(camera, ColourDescriber(), 3, camera.clock, lambda _: None)
    assert camera.now_s <= STALLED_S + 5


def test_a_camera_that_hesitates_is_none() -> None:
    camera = FakeCamera((float(n), None if n % 3 else (1, n, 0)) for n in range(100))
    assert len(capture(camera, ColourDescriber(), 3, camera.clock, lambda _: None)) == 3


def test_only_frames_of_somebody_who_lives_are_taken() -> None:
    doubtful = dict.fromkeys(range(30), Life.DOUBT)
    camera = FakeCamera((n / 10, (1, n, 0)) for n in range(200))
    said: list[str] = []
    shots = capture(camera, ColourDescriber(not_alive=doubtful), 2, camera.clock, said.append)
    assert [shot.name for shot in shots] == ["frame 31", "frame 41"]
    assert said == [ASKED, "good 1 of 2", "good 2 of 2"]


def test_a_photograph_is_not_enrolled_however_good_it_is() -> None:
    camera = FakeCamera((n * 0.5, (1, n % 200, 0)) for n in range(1000))
    never = dict.fromkeys(range(200), Life.DOUBT)
    with pytest.raises(EnrolmentRefusedError, match="nobody was seen to be alive") as refused:
        capture(camera, ColourDescriber(not_alive=never), 3, camera.clock, lambda _: None)
    assert refused.value.why == "not_alive"
    assert camera.now_s < GIVE_UP_S + 2
    assert str(refused.value) in mandarin()


@pytest.mark.parametrize(("good_before", "at"), [(0, 0), (2, 15)])
def test_a_spoof_ends_it_whatever_came_before_and_would_come_after(good_before: int, at: int) -> None:
    camera = FakeCamera((n / 10, (1, n, 0)) for n in range(600))
    said: list[str] = []
    with pytest.raises(EnrolmentRefusedError, match="a picture or a screen") as refused:
        capture(camera, ColourDescriber(not_alive={at: Life.SPOOF}), 3, camera.clock, said.append)
    assert refused.value.why == "not_alive"
    assert camera.now_s == at / 10
    assert said == [f"good {n + 1} of 3" for n in range(good_before)]
    assert str(refused.value) in mandarin()


def test_what_is_asked_for_is_asked_for_in_both_languages() -> None:
    assert ASKED in mandarin()


def test_what_must_agree_and_cannot_be_asked_lets_nobody_be_enrolled() -> None:
    class Blind(ColourDescriber):
        def watch(self) -> LifeWatch:
            raise HardwareError("the second camera gives no picture")

    camera = FakeCamera((n / 10, (1, n, 0)) for n in range(200))
    with pytest.raises(HardwareError, match="second camera"):
        capture(camera, Blind(), 3, camera.clock, lambda _: None)
