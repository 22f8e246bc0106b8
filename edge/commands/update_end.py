"""How an update that was handed over ended: told once, also over restarts; or that nobody here has taken it up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge import __version__
from edge.actions import Priority, Report
from edge.clock import Clock
from edge.errors import DataError
from edge.update import handover
from edge.update.journal import Ended, read_outcome, read_whole, write_whole

log = logging.getLogger(__name__)

CLAIM_S = 600.0
"""How long a request may lie there: what installs is started by systemd within a second, or it is not there."""
_TOLD = "told.json"
_EVENTS: Mapping[Ended, tuple[str, Priority]] = {
    "kept": ("update.applied", Priority.ACCESS),
    "rolledback": ("update.rolledback", Priority.ALARM),
}


class UpdateEnd:
    """`folder`: where what installs keeps its outcome; below the state directory stands which one was told last."""

    def __init__(self, folder: Path, state_dir: Path, submit: Callable[[Report], object], clock: Clock) -> None:
        self._folder = folder
        self._state_dir = state_dir
        self._own = state_dir / handover.FOLDER
        self._submit = submit
        self._clock = clock
        self._told = ""
        self._offered_s: float | None = None

    def start(self) -> None:
        """Remember what was told before."""
        self._told = str(remembered(self._own / _TOLD).get("id", ""))

    def offered(self) -> None:
        """A request has just been handed over."""
        self._offered_s = self._clock().mono_s

    def look(self, *, fetching: bool) -> None:
        """Whether an update has ended, and, unless one is being fetched, whether anybody takes the request away. Raises
        EdgeError, OSError where it cannot be noted.
        """
        try:
            ended = read_outcome(self._folder)
        except DataError as error:
            log.warning("%s", error)
            ended = None
        if ended is not None and ended.id != self._told:
            kind, priority = _EVENTS[ended.result]
            data = {"version": ended.version, "before": ended.before}
            data |= {"reason": ended.reason} if ended.result == "rolledback" else {}
            self._tell(kind, data | ({"command": ended.command} if ended.command else {}), priority, ended.id)
        if fetching or not handover.is_offered(self._state_dir):
            self._offered_s = None
            return
        now_s = self._clock().mono_s
        self._offered_s = now_s if self._offered_s is None else self._offered_s
        if now_s - self._offered_s >= CLAIM_S:
            request = handover.offered(self._state_dir)
            handover.withdraw(self._state_dir)
            reason = "nobody on this device took it up: is edge-update.path enabled?"
            data = {"version": request.version, "before": __version__, "reason": reason, "command": request.id}
            self._tell("update.rolledback", data, Priority.ALARM, request.id)

    def _tell(self, kind: str, data: Mapping[str, object], priority: Priority, identity: str) -> None:
        log.info("%s: %s", kind, data)
        self._submit(Report(kind, data, priority=priority))
        self._told = identity
        self._own.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self._own / _TOLD, {"id": identity})


def remembered(file: Path) -> dict[str, Any]:
    """What was noted there; nothing where that cannot be read."""
    try:
        return read_whole(file) or {}
    except DataError as error:
        log.warning("%s", error)
        return {}
