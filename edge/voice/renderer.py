"""Rendering in a child process: begun without waiting, looked at now and then, killed at its deadline.

The speech engine can hang, crash or write rubbish; in its own process it takes nobody with it, and its pinyin
tables leave the memory when it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import edge
from edge.errors import DataError, EdgeError, HardwareError
from edge.voice.utterance import Utterance, spoken_rate

COMMAND = (sys.executable, "-P", "-m", "edge.voice.render_child")
_NAME = re.compile(r"[\w.-]{1,100}")  # becomes part of a file's name
_REAP_S = 1.0


class RenderJob:
    """One utterance being rendered into `out`."""

    def __init__(
        self, said: Utterance, out: Path, child: subprocess.Popen[bytes], said_by_child: IO[bytes], deadline_s: float
    ) -> None:
        self.said = said
        self.out = out
        self._child = child
        self._output = said_by_child
        self._deadline_s = deadline_s

    def poll(self, now_s: float) -> str | None:
        """The name of what rendered the file once that is complete, None before.

        Raises HardwareError (the engine is missing, crashed, or was killed at the deadline) or DataError (it
        made no speech); the job is over then.
        """
        status = self._child.poll()
        if status is None:
            if now_s < self._deadline_s:
                return None
            self.kill()
            raise HardwareError("the speech engine did not answer and was killed", hint="see docs/voice.md")
        self._output.seek(0)
        last = self._output.read().decode(errors="replace").strip().rpartition("\n")[2]
        self._output.close()
        return _understood(last, status)

    def kill(self) -> None:
        """End the child and remove what it wrote."""
        if self._child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):  # in the kernel's hands; its file is gone anyway
            self._child.wait(_REAP_S)
        self._output.close()
        self.discard()

    def discard(self) -> None:
        """Remove what was written."""
        with contextlib.suppress(OSError):  # gone, or left for the cache to delete
            self.out.unlink()


class Renderer:
    """Starts the children. `command` answers as `edge.voice.render_child` does."""

    def __init__(self, rate_wpm: int, lead_in_s: float, command: Sequence[str] = COMMAND) -> None:
        self._rate_wpm = rate_wpm
        self._lead_in_s = lead_in_s
        self._command = tuple(command)

    def begin(self, said: Utterance, out: Path, now_s: float, limit_s: float, *, background: bool) -> RenderJob:
        """Start rendering; `background` gives way to everything else. Raises HardwareError."""
        request = {
            "language": said.language,
            "text": said.text,
            "rate_wpm": spoken_rate(self._rate_wpm, slow=said.slow),
            "lead_in_s": self._lead_in_s,
            "out": str(out),
            "limit_s": limit_s + 1,
            "background": background,
        }
        try:
            with _in_memory() as asked, contextlib.ExitStack() as undo:
                asked.write(json.dumps(request).encode())
                asked.seek(0)
                output = undo.enter_context(_in_memory())
                # Its own session: Ctrl-C on a terminal is for the daemon, which then ends its children itself.
                child = subprocess.Popen(
                    self._command,
                    stdin=asked,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, "PYTHONPATH": _search_path()},
                    start_new_session=True,
                )
                undo.pop_all()
        except OSError as error:
            raise HardwareError(f"the renderer cannot be started: {error}", hint="is memory short?") from error
        return RenderJob(said, out, child, output, now_s + limit_s)


def _in_memory() -> IO[bytes]:
    """A file on no disk: unlike a pipe it never fills up and blocks whoever writes."""
    return os.fdopen(os.memfd_create("render"), "w+b")


def _search_path() -> str:
    """The child finds this very package, also where the daemon was started from a checkout."""
    packages = str(Path(edge.__file__).resolve().parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return os.pathsep.join([packages, inherited]) if inherited else packages


def _understood(answer: str, status: int) -> str:
    try:
        fields = json.loads(answer)
        if "error" not in fields and _NAME.fullmatch(fields["renderer"]):
            return str(fields["renderer"])
        kind: type[EdgeError] = HardwareError if fields["hardware"] else DataError
        refusal = kind(str(fields["error"]), hint=str(fields["hint"]))
    except (ValueError, LookupError, TypeError):
        refusal = HardwareError(f"the renderer ended with status {status}: {answer[:200]}", hint="see docs/voice.md")
    raise refusal
