"""The live picture of the device: every component says how it is when asked, and nothing is kept twice."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from edge.clock import Clock
from edge.errors import DataError, HardwareError

log = logging.getLogger(__name__)

Part = Callable[[], Mapping[str, Any]]

FILE = "status.json"
# Written every second; an older one was left behind by a daemon that is gone.
FRESH_S = 5.0


class StatusBoard:
    """Named parts, each a function that gives its present state, JSON-ready, without waiting for anything."""

    def __init__(self, clock: Clock, identity: Mapping[str, str]) -> None:
        self._clock = clock
        self._identity = dict(identity)
        self._parts: dict[str, Part] = {}
        self._started_s = clock().mono_s
        # Replaced whole, never changed: others read it on their own threads.
        self.latest: Mapping[str, Any] = MappingProxyType({})

    def register(self, name: str, part: Part) -> None:
        self._parts[name] = part

    def snapshot(self) -> dict[str, Any]:
        """The state of this moment, for the one thread that asks the parts. Others take the `latest` one."""
        now = self._clock()
        snapshot = {
            **self._identity,
            "time": now.wall.isoformat(timespec="milliseconds"),
            "clock": now.quality,
            "uptime_s": round(now.mono_s - self._started_s, 1),
            "pid": os.getpid(),
            **{name: dict(part()) for name, part in self._parts.items()},
        }
        self.latest = MappingProxyType(snapshot)
        return snapshot


class StatusWorker:
    """Once a second: the status file for `edge status`, the retained state for the broker, systemd's watchdog.

    `publish` gets the state only when something in it has changed. Figures that change all the time (times,
    counters, latencies) stand under keys named in `VOLATILE` and do not count as a change. A file that cannot be
    written is logged, once, and tried again: nobody's door stays shut for want of a status.
    """

    VOLATILE = frozenset({"time", "uptime_s", "pid", "figures"})

    def __init__(
        self,
        board: StatusBoard,
        runtime_dir: Path,
        publish: Callable[[bytes], None],
        alive: Callable[[], bool],
        feed: Callable[[], object],
    ) -> None:
        self._board = board
        self._path = runtime_dir / FILE
        self._publish = publish
        self._alive = alive
        self._feed = feed
        self._stop = threading.Event()
        self._published: bytes = b""
        self._unwritten = False
        self._next_s = float("-inf")

    def start(self) -> None:
        """The first step writes the first file."""

    def step(self) -> None:
        if time.monotonic() < self._next_s:
            self._stop.wait(min(0.25, max(0.0, self._next_s - time.monotonic())))
            return
        self._next_s = time.monotonic() + 1.0
        snapshot = self._board.snapshot()
        self._write(snapshot)
        state = json.dumps(_stable(snapshot, self.VOLATILE), ensure_ascii=False, sort_keys=True).encode()
        if state != self._published:
            self._publish(state)
            self._published = state
        if self._alive():
            self._feed()

    def _write(self, snapshot: Mapping[str, Any]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_status(self._path, snapshot)
        except OSError as error:
            if not self._unwritten:
                log.error("the status cannot be written: %s (is %s full?)", error, self._path.parent)
            self._unwritten = True
            return
        if self._unwritten:
            log.info("the status can be written again")
        self._unwritten = False

    def stop(self) -> None:
        self._path.unlink(missing_ok=True)

    def wake(self) -> None:
        self._stop.set()


def _stable(part: Mapping[str, Any], volatile: frozenset[str]) -> dict[str, Any]:
    return {
        key: _stable(value, volatile) if isinstance(value, dict) else value
        for key, value in part.items()
        if key not in volatile
    }


def write_status(path: Path, snapshot: Mapping[str, Any]) -> None:
    """Whole or not at all: a reader never sees half a file. It lies on a tmpfs, so nothing is synced."""
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps(snapshot, ensure_ascii=False))
    fresh.replace(path)


def read_status(runtime_dir: Path) -> dict[str, Any]:
    """What the running daemon last wrote. Raises HardwareError when none is running, DataError on garbage."""
    path = runtime_dir / FILE
    hint = "start it with: edge run --config FILE"
    try:
        age_s = time.time() - path.stat().st_mtime
        snapshot = json.loads(path.read_text())
        pid = int(snapshot["pid"])
    except OSError as error:
        raise HardwareError(f"no daemon is running here ({path} is missing)", hint=hint) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: {error}", hint="the daemon writes it anew every second") from error
    if not Path(f"/proc/{pid}").exists():
        raise HardwareError(f"the daemon that wrote {path} is gone", hint=hint)
    if age_s > FRESH_S:
        raise HardwareError(f"the daemon has not written {path} for {age_s:.0f} s", hint="see journalctl -u edge")
    assert isinstance(snapshot, dict)
    return snapshot
