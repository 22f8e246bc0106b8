"""What is remembered of configurations from afar, in one file: written whole and durable, or not at all.

A checksum tells a damaged file from one that says something else; nothing secret is in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from edge.config.desired import Desired, as_json
from edge.errors import DataError, HardwareError

Status = Literal["none", "trial", "applied", "rolledback", "refused"]

FOLDER_NAME = "config"
FILE_NAME = "overlay.json"
NEWEST_NAME = "newest.json"
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the device stands.

    `seen`: the highest version that was ever judged, and `content` what it said. `about`: the version of which `status`
    and `problems` tell; a refused one does not end the trial of the one before. `confirmed`: the overlay that holds
    (None: the file alone). `trial`: the one that must first prove that the device can be reached with it; `starts`: how
    many processes have run with it.
    """

    seen: int = 0
    content: str = ""
    about: int = 0
    status: Status = "none"
    problems: tuple[str, ...] = ()
    confirmed: Desired | None = None
    trial: Desired | None = None
    starts: int = 0

    @property
    def in_force(self) -> Desired | None:
        """The overlay that the device runs with."""
        return self.trial or self.confirmed


class DamagedStandingError(DataError):
    """The file is not what was written."""


def read_standing(folder: Path) -> Standing:
    """What stands in the folder; where the file is missing, what `forgotten` says. Raises DamagedStandingError."""
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return forgotten(folder)
    except OSError as error:
        raise DamagedStandingError(f"{path}: cannot be read: {error.strerror}", hint="check the disk") from error
    try:
        whole = json.loads(data)
        body = whole["body"]
        if len(data) > _MOST_BYTES or whole["sha256"] != _checksum(body):
            raise ValueError("the checksum does not fit")
        return _from_json(body)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedStandingError(f"{path}: damaged: {error}", hint="the device's own file is used alone") from error


def judged(folder: Path) -> int:
    """The highest version that was ever judged, as far as is known."""
    try:
        return read_standing(folder).seen
    except DamagedStandingError:
        return forgotten(folder).seen


def forgotten(folder: Path) -> Standing:
    """Where nothing is known but the highest version that was judged: that one may come again, an older one may not,
    or whoever can damage a file could have the device go back to any configuration that was ever signed for it.
    """
    try:
        whole = json.loads((folder / NEWEST_NAME).read_bytes()[:_MOST_BYTES])
        seen = whole["body"]["seen"]
        if whole["sha256"] != _checksum(whole["body"]) or type(seen) is not int:
            return Standing()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # as on the first day
        return Standing()
    return Standing(seen=max(0, seen - 1))


def write_standing(folder: Path, standing: Standing) -> None:
    """Replace the file; after the return it survives a power cut. Raises HardwareError, and then nothing changed or
    all of it.
    """
    if standing.seen > forgotten(folder).seen + 1 or not (folder / NEWEST_NAME).exists():
        _replace(folder, NEWEST_NAME, {"seen": standing.seen})
    _replace(folder, FILE_NAME, as_json(standing))


def _replace(folder: Path, name: str, body: object) -> None:
    data = json.dumps({"sha256": _checksum(body), "body": body}, indent=1).encode()
    path = folder / name
    fresh = folder / f".{name}.new"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb", closefd=False) as file:
                file.write(data)
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.rename(path)
        _sync(folder)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be written: {error.strerror}", hint="check the disk") from error


def set_aside(folder: Path) -> Path:
    """Move a damaged file away, so that it can be looked at. Raises HardwareError."""
    path, number = folder / FILE_NAME, 1
    while (target := path.with_name(f"{FILE_NAME}.damaged-{number}")).exists():
        number += 1
    try:
        path.rename(target)
        _sync(folder)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be moved: {error.strerror}", hint="check the disk") from error
    return target


def _checksum(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _from_json(body: Mapping[str, Any]) -> Standing:
    if body["status"] not in get_args(Status):
        raise ValueError("an unknown status")
    return Standing(
        seen=int(body["seen"]),
        content=str(body["content"]),
        about=int(body["about"]),
        status=body["status"],
        problems=tuple(map(str, body["problems"])),
        confirmed=_desired(body["confirmed"]),
        trial=_desired(body["trial"]),
        starts=int(body["starts"]),
    )


def _desired(fields: Mapping[str, Any] | None) -> Desired | None:
    return None if fields is None else Desired(fields["version"], fields["tables"])


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
