"""The journal of one update: how far it has come, on the disk before the next step begins.

`step` is the last thing that is done. From `kept`, `returning` and `abandoned` on the end is decided, and only that end
can come; what is still to be done for it can be done again any number of times.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from edge.errors import DataError, HardwareError
from edge.store.keys import sync_folder

Step = Literal[
    "fetched",
    "verified",
    "unpacked",
    "installed",
    "checked",
    "backed-up",
    "switched",
    "on probation",
    "kept",
    "returning",
    "abandoned",
]
Ended = Literal["kept", "rolledback"]

JOURNAL, OUTCOME = "journal.json", "outcome.json"
_FORMAT = 1
_MOST_BYTES = 65536
_MOST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Baseline:
    """How the device was before: what the new version cannot be blamed for. `running`: the daemon ran."""

    running: bool = False
    connected: bool = False
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Journal:
    """`id`: of this update; `command`: of the order that it came with, if any. `before` and `target`: the folders of
    the two versions, `before_version` and `version` their names. `sha256`: of the bundle. `boot`, `since_s`: the boot
    and the monotonic time at which the probation began, `boots`: how many it has seen. `why`: it is not kept;
    `stamp`: when that was decided.
    """

    id: str
    step: Step
    config: str
    state_dir: str
    runtime_dir: str
    before: str
    before_version: str
    downgrade: bool = False
    command: str = ""
    sha256: str = ""
    version: str = ""
    target: str = ""
    baseline: Baseline = Baseline()
    boot: str = ""
    since_s: float = 0.0
    boots: int = 0
    stamp: str = ""
    why: str = ""

    def at(self, step: Step, **changes: Any) -> Journal:
        """The journal one step on."""
        return replace(self, step=step, **changes)


def as_journal(identity: str, step: Step, **given: Any) -> Journal:
    """A journal of these values."""
    return Journal(id=identity, step=step, **given)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an update; stands until the next one has ended. `time`: by the wall clock, ISO 8601."""

    id: str
    result: Ended
    version: str
    before: str
    reason: str
    command: str
    time: str


class JournalFile:
    """The journal and the last outcome in one folder, which belongs to root and which everybody may read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / JOURNAL

    def read(self) -> Journal | None:
        """The update under way. Raises DataError when the file is not what was written."""
        body = read_whole(self.path)
        if body is None:
            return None
        try:
            base = body.pop("baseline")
            journal = Journal(**body, baseline=Baseline(base["running"], base["connected"], tuple(base["faults"])))
        except (TypeError, KeyError, AttributeError) as error:
            raise _damaged(self.path) from error
        if journal.step not in get_args(Step):
            raise _damaged(self.path)
        return journal

    def write(self, journal: Journal) -> Journal:
        """Durable when it returns. Raises HardwareError."""
        write_whole(self.path, asdict(replace(journal, why=journal.why[:_MOST_TEXT])))
        return journal

    def end(self, outcome: Outcome) -> None:
        """Write the outcome down, and then the journal off. Raises HardwareError."""
        write_whole(self.folder / OUTCOME, asdict(replace(outcome, reason=outcome.reason[:_MOST_TEXT])))
        self.forget()

    def forget(self) -> None:
        """There is no update under way any more. Raises HardwareError."""
        try:
            self.path.unlink(missing_ok=True)
            sync_folder(self.folder)
        except OSError as error:
            raise HardwareError(f"{self.path}: cannot be removed: {error.strerror}", hint="check the disk") from error

    def set_aside(self) -> None:
        """Keep a damaged journal for whoever wants to know. Raises HardwareError."""
        try:
            self.path.replace(self.path.with_name(f"{JOURNAL}.damaged"))
            sync_folder(self.folder)
        except OSError as error:
            raise HardwareError(f"{self.path}: cannot be moved: {error.strerror}", hint="check the disk") from error


def read_outcome(folder: Path) -> Outcome | None:
    """The last outcome, where there is one. Raises DataError when the file is not what was written."""
    body = read_whole(folder / OUTCOME)
    try:
        return None if body is None else Outcome(**body)
    except TypeError as error:
        raise _damaged(folder / OUTCOME) from error


def write_whole(path: Path, body: Mapping[str, Any]) -> None:
    """Replace a file of JSON under a checksum; before and after a power cut it is whole, the old one or the new one.

    Raises HardwareError.
    """
    data = json.dumps({"format": _FORMAT, "sha256": _checksum(body), "body": body}, indent=1).encode()
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be written: {error.strerror}", hint="is the disk full?") from error


def read_whole(path: Path) -> dict[str, Any] | None:
    """What `write_whole` wrote; None where there is no file. Raises DataError when it is not what was written."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", hint="check the disk") from error
    try:
        whole = json.loads(data)
        body = whole["body"]
        if whole["format"] != _FORMAT or whole["sha256"] != _checksum(body) or not isinstance(body, dict):
            raise ValueError("not as it was written")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path) from error
    return body


def _damaged(path: Path) -> DataError:
    return DataError(f"{path} is damaged, or of another version", hint="edge update resume puts things right")


def _checksum(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
