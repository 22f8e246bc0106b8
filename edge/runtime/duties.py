"""What the timers' jobs have to tell: whether the last backup came about, what retention found, how it looks outside,
and whether the certificate lasts.

A job that fails every night and tells only a journal is noticed on the day the backup is needed. So each job leaves a
note, and the daemon makes a fault of a bad one, and of one that has become too old.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.config import Config
from edge.errors import HardwareError
from edge.runtime.faults import OnFault, OnRecovered

FOLDER = "duties"
"""Below the state directory."""
HEALTH_FOLDER = Path("/run/edge-health")
RENEWAL_FOLDER = Path("/run/edge-renew")
LATE_S = 3 * 86400.0
"""Two nights missed, and the third one over."""
_LOOK_S = 60.0
_MOST_BYTES = 65536
_MOST_TEXT = 300

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Note:
    """How a job ended, by its own words."""

    good: bool
    detail: str
    time_s: float


def leave_note(folder: Path, duty: str, *, good: bool, detail: str, now_s: float | None = None) -> None:
    """Replace the duty's note. Raises HardwareError."""
    text = json.dumps({"good": good, "detail": detail[:_MOST_TEXT], "time": time.time() if now_s is None else now_s})
    path = folder / f"{duty}.json"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        with fresh.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        owner = folder.parent.stat() if folder.name == FOLDER else folder.stat()
        if owner.st_uid != os.geteuid() == 0:  # an administrator, where the daemon's user has to write the next one
            for made in (folder, fresh):
                os.chown(made, owner.st_uid, owner.st_gid)
        fresh.replace(path)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be written: {error.strerror}", hint="check the disk") from error


def expected(config: Config) -> dict[str, str]:
    """The duties that a device of this configuration has every day, and what to do where one is not done."""
    return {"backup": "see: systemctl status edge-backup.timer"} if config.backup.key_file else {}


class Duties:
    """Looks at the notes once a minute. `expected`: duties that must leave one every day, by name, with what to do
    where they do not; the others are looked at where there is a note.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        expected: Mapping[str, str],
        on_fault: OnFault,
        on_recovered: OnRecovered,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._folders = folders
        self._expected = expected
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._monotonic = monotonic
        self._wall_s = wall_s
        self._next_s = float("-inf")
        self._told: dict[str, str] = {}
        self._since_s = monotonic()

    def look(self) -> None:
        """Returns at once until a minute has passed; for one thread."""
        if self._monotonic() < self._next_s:
            return
        self._next_s = self._monotonic() + _LOOK_S
        wrong = self._wrong()
        for duty in self._told.keys() - wrong.keys():
            del self._told[duty]
            self._on_recovered(f"duty.{duty}")
        for duty, detail in wrong.items():
            if self._told.get(duty) != detail:
                self._told[duty] = detail
                self._on_fault(f"duty.{duty}", "not as it should be", detail)

    def _wrong(self) -> dict[str, str]:
        notes = {file.stem: read_note(file) for folder in self._folders for file in _notes(folder)}
        wrong = {duty: note.detail for duty, note in notes.items() if not note.good}
        for duty, hint in self._expected.items():
            note = notes.get(duty)
            # A device that has just been set up has not had its first night.
            age_s = self._wall_s() - note.time_s if note else self._monotonic() - self._since_s
            if duty not in wrong and age_s > LATE_S:
                wrong[duty] = f"not done for {age_s / 86400:.0f} days; {hint}"
        return wrong


def read_note(file: Path) -> Note:
    """What a job has left; a note that cannot be read is a bad one."""
    try:
        with file.open("rb") as opened:
            said: dict[str, Any] = json.loads(opened.read(_MOST_BYTES))
        return Note(said["good"] is True, str(said["detail"])[:_MOST_TEXT], float(said["time"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Note(False, f"{file} cannot be read: {error}", 0.0)


def _notes(folder: Path) -> list[Path]:
    """The notes in a folder that may not be there yet."""
    return sorted(folder.glob("[!.]*.json"))
