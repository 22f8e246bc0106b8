"""Doubles for the voice: a clock that is set, a speaker that remembers, and a renderer with any ill you like."""

from __future__ import annotations

import array
import json
import math
import os
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.errors import HardwareError
from edge.voice.cache import VoiceCache
from edge.voice.renderer import RenderJob
from edge.voice.utterance import Utterance

ENGINE = "fake-1"

# Answers as edge.voice.render_child does. argv: a file that says what to do, and one to log to.
_CHILD = """
import array, json, math, os, signal, sys, wave
mode, log = open(sys.argv[1]).read(), sys.argv[2]
request = json.load(sys.stdin)
with open(log, "a") as runs:
    runs.write(json.dumps(request | {"pid": os.getpid()}) + "\\n")
if mode == "hang":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()
if mode == "crash":
    sys.exit("Segmentation fault, or so")
if mode == "missing":
    print(json.dumps({"error": "no engine", "hint": "apt-get install espeak-ng", "hardware": True}))
    sys.exit(1)
with open(request["out"], "wb") as out:
    if mode == "garbage":
        out.write(b"RIFF and nothing like it")
    else:
        peak = 0 if mode == "silence" else 20000
        frames = int(8000 * (0.3 + 0.1 * len(request["text"])))
        tone = array.array("h", [int(peak * math.sin(n / 3)) for n in range(frames)])
        with wave.open(out) as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(tone.tobytes()[: -400 if mode == "short" else None])
    if mode == "short":
        out.truncate(1000)
print(json.dumps({"renderer": "../evil" if mode == "traversal" else "fake-2" if mode == "newer" else "fake-1"}))
"""


def child(folder: Path, mode: str) -> tuple[str, ...]:
    """The command of a renderer that behaves as `mode` says, until told otherwise by another call; it logs its
    requests to `runs`.
    """
    script = folder / "child.py"
    script.write_text(_CHILD)
    (folder / "mode").write_text(mode)
    return (sys.executable, "-I", "-S", str(script), str(folder / "mode"), str(folder / "runs"))


def runs(folder: Path) -> list[dict[str, Any]]:
    """The requests that the children got, with each child's pid."""
    log = folder / "runs"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def spin(done: Callable[[], bool], step: Callable[[], object] = os.sched_yield) -> None:
    """Call `step` until it is done, half a minute at most."""
    give_up = time.monotonic() + 30.0
    while not done():
        assert time.monotonic() < give_up, "it does not come to an end"
        step()


def finished(job: RenderJob) -> str:
    """What `job` says when it is over, on the real clock."""
    answers: list[str | None] = [None]
    spin(lambda: answers[-1] is not None, lambda: answers.append(job.poll(time.monotonic())))
    return str(answers[-1])


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def write_tone(path: Path, seconds: float, peak: int = 20000, rate: int = 8000) -> None:
    samples = array.array("h", [int(peak * math.sin(n / 3)) for n in range(round(seconds * rate))])
    with wave.open(str(path), "wb") as stream:
        stream.setparams((1, 2, rate, 0, "NONE", ""))
        stream.writeframes(samples.tobytes())


def fill(cache: VoiceCache, *utterances: Utterance, engine: str = ENGINE) -> None:
    """Have the utterances rendered without a child."""
    for said in utterances:
        scratch = cache.scratch(said)
        write_tone(scratch, 0.3 + 0.1 * len(said.text))
        cache.store(said, scratch, engine)


class SetClock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Faults:
    """What was reported."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []

    def fault(self, component: str, what: str, detail: str) -> None:
        self.seen.append(("fault", component, what, detail))

    def recovered(self, component: str) -> None:
        self.seen.append(("recovered", component))

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(one[0], one[1]) for one in self.seen]


class RecordingSpeaker:
    """Plays until told that the prompt has ended; breaks on request."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.files: list[Path] = []
        self.volumes: list[int] = []
        self.playing = False
        self.broken_open = False
        self.broken_start = False
        self.broken_poll = False

    def open(self) -> None:
        if self.broken_open:
            raise HardwareError("no such card", hint="plug it in")
        self.log.append("open")

    def start(self, wav: Path, phrase: str, volume_percent: int = 100) -> None:
        if self.broken_start:
            raise HardwareError("card is busy", hint="free it")
        assert not self.playing, "two voices at once"
        self.playing = True
        self.files.append(wav)
        self.volumes.append(volume_percent)
        self.log.append(phrase)

    def poll(self) -> bool:
        if self.broken_poll:
            self.playing = False
            raise HardwareError("card went away", hint="plug it in")
        return self.playing

    def stop(self) -> None:
        if self.playing:
            self.log.append("cut")
        self.playing = False

    def close(self) -> None:
        self.playing = False
        self.log.append("close")
