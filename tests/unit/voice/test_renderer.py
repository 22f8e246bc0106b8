"""Rendering in a child: what goes wrong there ends there, at its deadline at the latest."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from voice_samples import ENGINE, child, finished, gone, runs, spin

from edge.errors import DataError, EdgeError, HardwareError
from edge.voice import wav
from edge.voice.renderer import Renderer, RenderJob
from edge.voice.utterance import Utterance

HELLO = Utterance("en", "Hello there.")
LIMIT_S = 20.0


def begin(folder: Path, mode: str, limit_s: float = LIMIT_S) -> RenderJob:
    renderer = Renderer(160, 0.1, child(folder, mode))
    return renderer.begin(HELLO, folder / "out.wav", time.monotonic(), limit_s, background=False)


def test_a_good_child(tmp_path: Path) -> None:
    assert finished(begin(tmp_path, "good")) == ENGINE
    assert wav.read(tmp_path / "out.wav").peak > 10_000


@pytest.mark.parametrize(
    ("mode", "kind", "complaint"),
    [
        ("crash", HardwareError, "ended with status 1: Segmentation fault, or so"),
        ("missing", HardwareError, "no engine"),
        ("traversal", HardwareError, "ended with status 0"),
    ],
)
def test_a_child_that_fails(tmp_path: Path, mode: str, kind: type[EdgeError], complaint: str) -> None:
    with pytest.raises(kind, match=complaint):
        finished(begin(tmp_path, mode))


def test_the_hint_of_the_child_comes_through(tmp_path: Path) -> None:
    with pytest.raises(HardwareError) as caught:
        finished(begin(tmp_path, "missing"))
    assert caught.value.hint == "apt-get install espeak-ng"


def test_what_is_slow_is_rendered_at_another_rate(tmp_path: Path) -> None:
    renderer = Renderer(160, 0.1, child(tmp_path, "good"))
    for number, slow in enumerate((False, True)):
        said = Utterance("en", "Hello there.", slow=slow)
        finished(renderer.begin(said, tmp_path / f"{number}.wav", time.monotonic(), LIMIT_S, background=False))
    assert [request["rate_wpm"] for request in runs(tmp_path)] == [160, 120]


def test_a_hanging_child_is_killed_at_its_deadline(tmp_path: Path) -> None:
    renderer = Renderer(160, 0.1, child(tmp_path, "hang"))
    job = renderer.begin(HELLO, tmp_path / "out.wav", 100.0, 5.0, background=True)
    spin(lambda: bool(runs(tmp_path)))  # until it hangs for certain, SIGTERM ignored
    assert job.poll(104.9) is None
    with pytest.raises(HardwareError, match="did not answer and was killed"):
        job.poll(105.0)
    assert gone(runs(tmp_path)[0]["pid"])


def test_killing_a_child_leaves_nothing_behind(tmp_path: Path) -> None:
    job = begin(tmp_path, "hang")
    spin(lambda: bool(runs(tmp_path)))
    (tmp_path / "out.wav").write_bytes(b"half")
    job.kill()
    job.kill()
    assert gone(runs(tmp_path)[0]["pid"])
    assert not (tmp_path / "out.wav").exists()


def test_a_renderer_that_is_not_there(tmp_path: Path) -> None:
    renderer = Renderer(160, 0.1, ("/nonexistent/python",))
    with pytest.raises(HardwareError, match="cannot be started"):
        renderer.begin(HELLO, tmp_path / "out.wav", 0.0, 1.0, background=False)


def test_a_child_that_ends_without_reading(tmp_path: Path) -> None:
    renderer = Renderer(160, 0.1, (sys.executable, "-I", "-S", "-c", ""))
    job = renderer.begin(HELLO, tmp_path / "out.wav", time.monotonic(), LIMIT_S, background=False)
    with pytest.raises(HardwareError, match="ended with status 0"):
        finished(job)


def test_a_refusal_that_is_not_about_hardware(tmp_path: Path) -> None:
    answer = 'print(\'{"error": "no speech", "hint": "", "hardware": false}\')'
    renderer = Renderer(160, 0.1, (sys.executable, "-I", "-S", "-c", answer))
    job = renderer.begin(HELLO, tmp_path / "out.wav", time.monotonic(), LIMIT_S, background=False)
    with pytest.raises(DataError, match="no speech"):
        finished(job)
