"""The self-test as the page follows it: what the child has said so far, and what it is to be told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from edge.errors import HardwareError, UsageError

LIMIT_S = 3600.0
"""A walk that nobody ends is ended: the child holds networks and perhaps a daemon of its own."""
_NICE = 10
_END_S = 30.0
_CHILD = "import sys; from edge.web.walking import main; sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3] == 'yes'))"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a walk is. `over`: all checks are done, the report is not kept yet. `report`: it is."""

    state: Literal["none", "running", "ended"] = "none"
    outline: tuple[Mapping[str, Any], ...] = ()
    results: tuple[Mapping[str, Any], ...] = ()
    question: Mapping[str, Any] | None = None
    over: bool = False
    report: Mapping[str, Any] | None = None
    trouble: str = ""
    steps: int = 0

    @property
    def now(self) -> Mapping[str, Any] | None:
        """The check at work."""
        return self.outline[len(self.results)] if len(self.results) < len(self.outline) else None


class Guide:
    """One walk at a time; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing = Standing()
        self._child: subprocess.Popen[str] | None = None

    @property
    def standing(self) -> Standing:
        """How far it is."""
        with self._lock:
            return self._standing

    def begin(self, config: Path, by: str, *, rehearse: bool) -> None:
        """Start a walk; one that runs is ended. Raises HardwareError."""
        self.end()
        words = [sys.executable, "-c", _CHILD, str(config), by, "yes" if rehearse else "no"]
        try:
            child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        except OSError as error:
            raise HardwareError(f"the self-test cannot be started: {error}", hint="is memory short?") from error
        os.setpriority(os.PRIO_PROCESS, child.pid, _NICE)
        with self._lock:
            self._standing, self._child = Standing("running"), child
        threading.Thread(target=self._attend, args=(child,), name="self-test", daemon=True).start()

    def answer(self, check: str, word: str) -> None:
        """Answer the question that is asked. Raises UsageError where it is another one meanwhile."""
        with self._lock:
            asked = self._standing.question
            if asked is None or asked["check"] != check or word not in asked["answers"]:
                raise UsageError("this is not asked any more", hint="look at the page again")
            self._standing = replace(self._standing, question=None, steps=self._standing.steps + 1)
            self._tell({"answer": word})

    def cancel(self) -> None:
        """End what the check at work waits for."""
        with self._lock:
            self._tell({"cancel": True})

    def keep(self, installer: str, note: str, *, accept: bool) -> None:
        """Have the report signed and kept. Raises UsageError before the end of the walk."""
        with self._lock:
            if not self._standing.over:
                raise UsageError("the self-test is not at its end", hint="go through all checks first")
            self._standing = replace(self._standing, trouble="")
            self._tell({"installer": installer, "note": note, "accept": accept})

    def end(self) -> None:
        """Throw it away."""
        with self._lock:
            child, self._child, self._standing = self._child, None, Standing()
        if child is not None and child.stdin is not None:
            child.stdin.close()  # then it cleans up after itself
            late = threading.Timer(_END_S, child.kill)
            late.daemon = True
            late.start()

    def _tell(self, words: Mapping[str, Any]) -> None:
        """With the lock held."""
        if self._child is None or self._child.stdin is None:
            raise UsageError("no self-test runs", hint="begin one")
        try:
            self._child.stdin.write(json.dumps(words) + "\n")
            self._child.stdin.flush()
        except OSError as error:
            raise HardwareError("the self-test has ended", hint="begin it again") from error

    def _attend(self, child: subprocess.Popen[str]) -> None:
        limit = threading.Timer(LIMIT_S, child.kill)
        limit.start()
        assert child.stdout is not None and child.stdin is not None
        try:
            with child.stdout:
                for line in child.stdout:
                    self._hear(child, json.loads(line))
            code = child.wait()
        finally:
            limit.cancel()
        with self._lock:
            if self._child is child:
                trouble = self._standing.trouble
                if self._standing.report is None and not trouble:
                    trouble = f"the self-test ended with {code}"
                self._standing, self._child = replace(self._standing, state="ended", trouble=trouble), None
                child.stdin.close()

    def _hear(self, child: subprocess.Popen[str], told: Mapping[str, Any]) -> None:
        with self._lock:
            if self._child is not child:
                return
            before = self._standing
            changes: dict[str, Any] = {"steps": before.steps + 1}
            if "outline" in told:
                changes["outline"] = tuple(told["outline"])
            elif "result" in told:
                changes["results"] = (*before.results, told["result"])
            elif "error" in told:
                changes["trouble"] = f"{told['error']} ({told['hint']})" if told["hint"] else told["error"]
            elif "refused" in told:
                changes["trouble"] = told["refused"]
            else:  # question, over, report
                changes |= told
            self._standing = replace(before, **changes)
