"""A bench without a device: a desk that says what it is told to say, and programs that answer as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.config import load_config
from edge.install.doctor.bench import Bench, Said
from edge.install.doctor.checks import Check, Judgement, Question, Result
from edge.install.doctor.walk import Walk
from edge.local.client import RefusedError, Shown

GATE = """
[device]
id = "gate-1"
site = "riverside"
[camera]
driver = "folder"
path = "pictures"
[door]
driver = "{door}"
[speaker]
driver = "silent"
[store]
state_dir = "state"
runtime_dir = "run"
[uplink]
host = "127.0.0.1"
port = 9
tls = false
"""


class FakeDesk:
    """`says`: what each operation answers, a value or a function of how often it was asked."""

    def __init__(self, **says: Any) -> None:
        self.says = says
        self.asked: dict[str, int] = {}
        self.driven: list[tuple[str, dict[str, Any]]] = []
        self.refuses = ""

    def _say(self, what: str, default: Any) -> Any:
        self.asked[what] = self.asked.get(what, 0) + 1
        told = self.says.get(what, default)
        return told(self.asked[what]) if callable(told) else told

    def answers(self) -> bool:
        return bool(self._say("answers", True))

    def state(self) -> Any:
        return self._say("state", {})

    def seen(self) -> Any:
        return self._say("seen", {})

    def levels(self) -> Any:
        return self._say("levels", {})

    def picture(self, _camera: str = "", _after: int = -1) -> Shown:
        told: Shown | None = self._say("picture", None)
        if told is None:
            raise RefusedError("no_frame", "the camera gives no picture")
        return told

    def broker(self, *, begin: bool = False) -> Any:
        return None if begin else self._say("broker", None)

    def drive(self, part: str, **what: Any) -> None:
        if self.refuses:
            raise RefusedError(self.refuses, "the gate is locked down")
        self.driven.append((part, what))

    def cut(self, seconds: float) -> None:
        self.driven.append(("cut", {"seconds": seconds}))


class Machine:
    """The machine's programs: what each says, by its words; a program that is not there has no code."""

    def __init__(self, said: Mapping[str, str]) -> None:
        self._said = said

    def __call__(self, words: Sequence[str]) -> Said:
        text = self._said.get(" ".join(words))
        return Said(None, "") if text is None else Said(0, text)


class Instant(threading.Event):
    """No time passes while it is waited for."""

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        return self.is_set()


def bench(
    folder: Path,
    desk: FakeDesk | None = None,
    config: str = GATE,
    tools: Mapping[str, str] | None = None,
    door: str = "simulated",
) -> Bench:
    """Waits take no time on its clock's account: each look is a second."""
    (folder / "pictures").mkdir(exist_ok=True)
    (folder / "state").mkdir(exist_ok=True)
    file = folder / "edge.toml"
    file.write_text(config.format(door=door))
    now = [0.0]

    def clock() -> float:
        now[0] += 0.5
        return now[0]

    return Bench(
        load_config(file),
        file,
        desk or FakeDesk(),  # type: ignore[arg-type]  # a desk in all that the checks use
        root=folder / "root",
        tool=Machine(tools or {}),
        cancelled=Instant(),
        clock=clock,
    )


def judged(check: Check, at: Bench, answer: Callable[[Question], str] = lambda asked: asked.answers[0]) -> Judgement:
    """What comes of one check, by way of the walk."""
    walk = Walk(at, [check])
    step = walk.forward()
    while isinstance(step, Question):
        step = walk.forward(answer(step))
    assert isinstance(step, Result)
    return step.judgement
