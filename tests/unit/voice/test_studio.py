"""Everything rendered in time: ahead in the background, at once when it is wanted, again when it failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from voice_samples import ENGINE, Faults, SetClock, child, fill, gone, runs, spin

from edge.errors import HardwareError
from edge.voice.cache import VoiceCache
from edge.voice.renderer import Renderer
from edge.voice.studio import WANTED_LIMIT_S, Studio
from edge.voice.trouble import Trouble
from edge.voice.utterance import Utterance

A, B, C = (Utterance("en", text) for text in ("Alpha one.", "Bravo two.", "Charlie three."))


class Stage:
    """A studio on `mode` children, and time that is set."""

    def __init__(self, folder: Path, mode: str, *utterances: Utterance) -> None:
        self.clock = SetClock()
        self.faults = Faults()
        self.cache = VoiceCache(folder / "cache", 160, 0.1)
        trouble = Trouble("voice", self.faults.fault, self.faults.recovered)
        self.studio = Studio(self.cache, Renderer(160, 0.1, child(folder, mode)), utterances, trouble)

    def until(self, done: Callable[[], bool]) -> None:
        """Step until it is done; the clock stands still, so nothing reaches its deadline."""
        spin(done, lambda: self.studio.step(self.clock()))


def texts(folder: Path) -> list[str]:
    return [request["text"] for request in runs(folder)]


def test_everything_is_rendered_in_order_in_the_background(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "good", A, B, C)
    stage.studio.start()
    assert stage.studio.missing == 3
    stage.until(lambda: stage.studio.missing == 0)
    assert texts(tmp_path) == [A.text, B.text, C.text]
    assert all(request["background"] for request in runs(tmp_path))
    assert all(stage.cache.find(said, ENGINE) for said in (A, B, C))
    assert stage.faults.seen == []


def test_with_a_full_cache_only_the_first_is_rendered_to_prove_the_engine(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "good", A, B, C)
    fill(stage.cache, A, B, C)
    stage.studio.start()
    stage.until(lambda: stage.studio.missing == 0)
    assert texts(tmp_path) == [A.text]


def test_a_large_cache_is_looked_through_little_by_little(tmp_path: Path) -> None:
    """Checking hundreds of files takes seconds on a slow card: whoever is greeted meanwhile must not wait for it."""
    many = [Utterance("en", f"Number {number}.") for number in range(100)]
    stage = Stage(tmp_path, "good", *many)
    fill(stage.cache, *many[:50], *many[51:])
    stage.studio.start()
    stage.studio.step(stage.clock())
    assert 50 < stage.studio.missing < 100
    assert stage.studio.busy
    assert stage.studio.ready(many[99]) is not None, "it need not have been looked at to be said"
    stage.until(lambda: stage.studio.missing == 0)
    assert texts(tmp_path) == [many[0].text, many[50].text]


def test_a_damaged_rendering_is_made_anew(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "good", A, B, C)
    fill(stage.cache, A, B, C)
    file = stage.cache.find(B)
    assert file is not None
    file.write_bytes(file.read_bytes()[:-100])
    stage.studio.start()
    stage.until(lambda: stage.studio.missing == 0)
    assert texts(tmp_path) == [A.text, B.text]
    assert stage.cache.find(B) is not None


def test_after_an_upgrade_all_is_rendered_anew_and_the_old_ones_serve_meanwhile(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "newer", A, B, C)
    fill(stage.cache, A, B, C)
    stage.studio.start()
    assert stage.studio.get(B, 1000.0) is not None
    stage.until(lambda: stage.studio.missing == 0)
    assert texts(tmp_path) == [A.text, B.text, C.text]
    assert all(stage.cache.find(said, "fake-2") for said in (A, B, C))
    assert not any(stage.cache.find(said, ENGINE) for said in (A, B, C)), "the old ones are deleted"


def test_what_is_wanted_goes_before_the_background(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "hang", A, B, C)
    stage.studio.start()
    stage.until(lambda: len(runs(tmp_path)) == 1)
    assert stage.studio.get(C, stage.clock()) is None
    assert gone(runs(tmp_path)[0]["pid"]), "the background's child made way"
    stage.until(lambda: len(runs(tmp_path)) == 2)
    assert texts(tmp_path) == [A.text, C.text]
    assert not runs(tmp_path)[1]["background"]
    assert stage.studio.get(C, stage.clock()) is None, "asked again, the same child goes on"
    assert stage.studio.missing == 3
    stage.studio.stop()
    assert gone(runs(tmp_path)[1]["pid"])


def test_a_hang_is_over_at_the_deadline_and_told_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "hang", A)
    assert stage.studio.get(A, stage.clock()) is None
    stage.until(lambda: len(runs(tmp_path)) == 1)
    stage.clock.now_s += WANTED_LIMIT_S
    stage.studio.step(stage.clock())
    assert stage.faults.kinds == [("fault", "voice")]
    with pytest.raises(HardwareError, match="killed"):
        stage.studio.get(A, stage.clock())
    assert len(runs(tmp_path)) == 1, "no new child before the wait is over"


@pytest.mark.parametrize("mode", ["garbage", "silence", "short", "crash", "missing"])
def test_a_bad_rendering_is_told_once_tried_again_and_told_to_be_over(tmp_path: Path, mode: str) -> None:
    stage = Stage(tmp_path, mode, A, B)
    stage.studio.start()
    for attempt in range(3):
        stage.until(lambda attempt=attempt: stage.studio.failures == attempt + 1)  # type: ignore[misc]
        stage.clock.now_s += 60.0
    assert stage.faults.kinds == [("fault", "voice")]
    assert stage.cache.find(A) is stage.cache.find(B) is None
    assert not list((tmp_path / "cache").iterdir()), "nothing bad is left behind"
    child(tmp_path, "good")
    stage.until(lambda: stage.studio.missing == 0)
    assert stage.faults.kinds == [("fault", "voice"), ("recovered", "voice")]


def test_waits_between_attempts(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "crash", A)
    stage.studio.start()
    stage.until(lambda: stage.studio.failures == 1)
    stage.clock.now_s += 0.9
    for _ in range(20):
        stage.studio.step(stage.clock())
    assert not stage.studio.busy
    stage.clock.now_s += 0.1
    stage.studio.step(stage.clock())
    assert stage.studio.busy
    stage.studio.stop()


def test_no_place_for_the_cache(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    stage = Stage(tmp_path, "good", A)
    stage.studio.start()
    stage.studio.step(stage.clock())
    assert stage.faults.kinds == [("fault", "voice")]
    with pytest.raises(HardwareError, match="cannot be made"):
        stage.studio.get(A, stage.clock())
    stage.clock.now_s += 60.0
    with pytest.raises(HardwareError, match="cannot be made"):
        stage.studio.get(A, stage.clock())
