"""One enrolment at the camera at a time, in a child process: networks and pictures cost this process nothing.

The child is the command line's own `edge people enroll`. Its words come through a pipe, since everybody on the machine
could read a name that is given as an argument.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from edge.errors import HardwareError, UsageError

PICTURES = 3
LIMIT_S = 120.0
"""The camera gives up after a minute; loading the networks comes before that."""
_NICE = 10
_CHILD = "import json, sys; from edge.__main__ import main; sys.exit(main(json.load(sys.stdin)))"
_MOST_OUT = 1 << 20


@dataclass(frozen=True, slots=True)
class Progress:
    """`word`: what the child said last ("good 1 of 3", "too_dark"). `result`: the command's JSON, when it has ended."""

    state: Literal["idle", "running", "ended"] = "idle"
    name: str = ""
    word: str = ""
    result: dict[str, Any] = field(default_factory=dict)


class Enrolment:
    """From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress = Progress()
        self._child: subprocess.Popen[str] | None = None

    @property
    def progress(self) -> Progress:
        """How far it is."""
        with self._lock:
            return self._progress

    def told(self, say: Callable[[str], str]) -> str:
        """In one line."""
        return worded(self.progress.word, say)

    def begin(self, name: str, words: Sequence[str]) -> None:
        """Start `edge people enroll` with these words. Raises UsageError while another runs, HardwareError."""
        with self._lock:
            if self._progress.state == "running":
                raise UsageError("somebody is being enrolled just now", hint="wait until it is done, or end it")
            try:
                child = subprocess.Popen(
                    [sys.executable, "-c", _CHILD],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            except OSError as error:
                raise HardwareError(f"the enrolment cannot be started: {error}", hint="is memory short?") from error
            os.setpriority(os.PRIO_PROCESS, child.pid, _NICE)
            self._progress, self._child = Progress("running", name), child
        threading.Thread(target=self._attend, args=(child, name, list(words)), name="enrolment", daemon=True).start()

    def end(self) -> None:
        """End what runs, if anything does; what stands at the end is forgotten."""
        with self._lock:
            if self._child is not None:
                self._child.kill()
            else:
                self._progress = Progress()

    def _attend(self, child: subprocess.Popen[str], name: str, words: list[str]) -> None:
        limit = threading.Timer(LIMIT_S, child.kill)
        limit.start()
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        listener = threading.Thread(target=self._listen, args=(child.stderr, name), name="enrolment-words", daemon=True)
        listener.start()
        try:
            with child.stdin, child.stdout:
                json.dump(words, child.stdin)
                child.stdin.close()
                out = child.stdout.read(_MOST_OUT)
            child.wait()
        finally:
            limit.cancel()
        listener.join(LIMIT_S)
        try:
            result = json.loads(out)
        except ValueError:
            result = {"error": f"the enrolment ended with {child.returncode}", "hint": "try again"}
        with self._lock:
            self._progress, self._child = Progress("ended", name, result=result), None

    def _listen(self, stream: IO[str], name: str) -> None:
        with stream:
            for line in stream:
                word = line.strip()[:200]
                with self._lock:
                    if word and self._progress.state == "running":
                        self._progress = Progress("running", name, word)


def worded(word: str, say: Callable[[str], str]) -> str:
    """What the child says, in the visitor's language."""
    parts = word.split()
    if len(parts) == 4 and parts[0] == "good":
        return f"{say('Good pictures:')} {parts[1]} / {parts[3]}"
    return say(word) if word else say("Look into the camera.")
