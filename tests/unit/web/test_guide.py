"""The self-test's child as the page holds it, and the walk in it once the page hangs up."""

from __future__ import annotations

import contextlib
import io
import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import READY, Question, Steps, Text, passed
from edge.install.doctor.walk import Walk
from edge.web import guide, walking
from edge.web.guide import Guide
from tests.unit.install.doctor.doctor_samples import FakeDesk, bench

LIMIT_S = 60.0


def wait_for(standing: Guide, state: str) -> None:
    pause, limit = threading.Event(), LIMIT_S
    while standing.standing.state != state and limit > 0.0:
        pause.wait(0.02)
        limit -= 0.02
    assert standing.standing.state == state


def test_what_a_library_prints_does_not_end_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["INFO: a delegate was made", "5", "[]", '{"x": 1}', "{}", "\udcff", json.dumps({"report": {"name": "a"}})]
    script = f"import sys; sys.stdout.reconfigure(errors='surrogateescape'); print('\\n'.join({lines!r}))"
    monkeypatch.setattr(guide, "_CHILD", script)
    walk = Guide()
    walk.begin(tmp_path, "page installer", rehearse=False)
    wait_for(walk, "ended")
    assert (walk.standing.report, walk.standing.trouble) == ({"name": "a"}, "")


def test_two_quick_taps_begin_one_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[subprocess.Popen[str]] = []
    both = threading.Barrier(2)
    start = subprocess.Popen

    def popen(*args: Any, **words: Any) -> subprocess.Popen[str]:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1.0)
        children.append(start(*args, **words))
        return children[-1]

    monkeypatch.setattr(guide, "_CHILD", "import sys; sys.stdin.read()")
    monkeypatch.setattr(guide.subprocess, "Popen", popen)
    walk = Guide()
    taps = [threading.Thread(target=walk.begin, args=(tmp_path, "page"), kwargs={"rehearse": False}) for _ in range(2)]
    for tap in taps:
        tap.start()
    for tap in taps:
        tap.join(LIMIT_S)
    kept = [child for child in children if child.stdin is not None and not child.stdin.closed]
    walk.end()
    assert (len(children), len(kept)) == (2, 1)
    for child in children:
        child.wait(LIMIT_S)


class HangsUp:
    """A check in whose middle the page goes away."""

    name, title = "hangs-up", Text("a", "b")

    def __init__(self) -> None:
        self.walk: Walk | None = None
        self.heard: walking.Told = queue.Queue()

    def missing(self, _bench: Bench) -> Text | None:
        return None

    def run(self, _bench: Bench) -> Steps:
        assert self.walk is not None
        walking._listen(self.walk, self.heard)
        yield from ()
        return passed(Text("a", "b"))


class Moves(HangsUp):
    """One that moves something at once."""

    name = "moves"

    def run(self, bench: Bench) -> Steps:
        bench.drive("relay", seconds=1.0)
        yield from ()
        return passed(Text("a", "b"))


def test_nothing_is_moved_once_the_page_has_hung_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    desk = FakeDesk()
    at = bench(tmp_path, desk)
    first = HangsUp()
    first.walk = walk = Walk(at, [first, Moves()])
    assert walking._walk(walk, at, first.heard) == 0
    assert desk.driven == []
    assert "over" not in capsys.readouterr().out


def test_an_answer_given_before_the_hang_up_moves_nothing_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Asks(Moves):
        def run(self, bench: Bench) -> Steps:
            yield Text("a", "b"), (READY,)
            return (yield from super().run(bench))

    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"answer": READY}) + "\n"))
    desk = FakeDesk()
    at = bench(tmp_path, desk)
    heard: walking.Told = queue.Queue()
    walk = Walk(at, [Asks()])
    walking._listen(walk, heard)
    assert walking._walk(walk, at, heard) == 0
    assert not isinstance(walk.forward(), Question) and desk.driven == []
