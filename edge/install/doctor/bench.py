"""What the checks measure with: the device's configuration, its running daemon, the machine's files and programs."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from edge.config import Config
from edge.config.effective import load_effective
from edge.install.doctor.child import Child
from edge.local.client import Desk, Part, RefusedError

T = TypeVar("T")

_LOOK_S = 0.1
_TOOL_S = 15.0
_BUSY_S = 15.0
_FIRST_S = 10.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a program said: its exit code and its output; `code` is None when there is no such program."""

    code: int | None
    text: str


def run_tool(words: Sequence[str], timeout_s: float = _TOOL_S) -> Said:
    """Run a program of the machine. One that hangs counts as one that failed."""
    try:
        done = subprocess.run(
            list(words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except (FileNotFoundError, PermissionError):
        return Said(None, "")
    except subprocess.TimeoutExpired:
        return Said(1, f"no end within {timeout_s:g} s")
    return Said(done.returncode, (done.stdout + done.stderr).strip())


@dataclass(slots=True)
class Bench:
    """`root`: where /proc, /sys and /dev are looked for. `tool` runs a program. `child`: the daemon, where it is the
    doctor's own. `cancelled`: somebody no longer wants what is waited for.
    """

    config: Config
    config_file: Path
    desk: Desk
    root: Path = Path("/")
    tool: Callable[[Sequence[str]], Said] = run_tool
    child: Child | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], float] = time.monotonic

    def wait(self, look: Callable[[], T | None], limit_s: float) -> T | None:
        """Look again and again until there is something; None when there was not in time, or nobody waits for it any
        more.
        """
        until_s = self.clock() + limit_s
        while (found := look()) is None:
            if self.clock() >= until_s or self.cancelled.wait(_LOOK_S):
                return None
        return found

    def drive(self, part: Part, **what: Any) -> None:
        """Try a part out; while somebody is just passing, wait until they have. Raises RefusedError."""

        def done() -> bool | None:
            try:
                self.desk.drive(part, **what)
            except RefusedError as refused:
                if refused.reason != "busy":
                    raise
                return None
            return True

        if self.wait(done, _BUSY_S) is None:
            self.desk.drive(part, **what)

    def rest(self, seconds: float) -> None:
        """Let time pass, unless nobody waits for it any more."""
        self.cancelled.wait(seconds)


def end_in_order() -> None:
    """From here on SIGTERM ends the process like Ctrl-C: a daemon that is its child must not outlive it. To be called
    on the main thread.
    """
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))


@contextmanager
def open_bench(config_file: Path, by: str) -> Iterator[Bench]:
    """The device of this configuration with its daemon: the one that runs, or one that is started now and ended with
    this. `by`: who asks, for the events. Raises ConfigError, and HardwareError when the daemon does not start.
    """
    config = load_effective(config_file, starting=False).config
    desk = Desk(config.store.runtime_dir, by)
    if desk.answers():
        bench = Bench(config, config_file, desk)
        bench.wait(lambda: desk.state() or None, _FIRST_S)  # there is none in its first second
        yield bench
        return
    child = Child(config_file, config.store.state_dir, config.store.runtime_dir)
    try:
        child.start(desk)
        yield Bench(config, config_file, desk, child=child)
    finally:
        child.stop()
