"""What the daemon, which may not install anything, leaves for the process that may.

The daemon verifies a bundle and puts it with a request into its own folder. The other process takes both away and
believes nothing of them: it copies the file, verifies the copy with the key that its own configuration names, and
follows no link.
"""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.errors import DataError, HardwareError
from edge.store.keys import sync_folder
from edge.update.manifest import is_version
from edge.update.taking import take

FOLDER, REQUEST, OFFERED = "update", "request.json", "offered.bundle"
_MOST_BYTES = 4096
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Request:
    """Install the offered bundle. `id`: of the order that asks for it."""

    id: str
    version: str
    sha256: str

    def __post_init__(self) -> None:
        texts = (self.id, self.version, self.sha256)
        good = all(isinstance(one, str) for one in texts) and is_version(self.version)
        if not good or not _ID.fullmatch(self.id) or not _SHA256.fullmatch(self.sha256):
            raise DataError("a request that is none", hint="order the update again")


def offer(state_dir: Path, request: Request) -> None:
    """Leave a request for the bundle that lies there as OFFERED. Raises HardwareError."""
    folder = state_dir / FOLDER
    fresh = folder / f".{REQUEST}.new"
    try:
        with fresh.open("w") as file:
            json.dump(asdict(request), file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / REQUEST)
        sync_folder(folder)
    except OSError as error:
        raise HardwareError(f"{folder}: cannot be written: {error.strerror}", hint="is the disk full?") from error


def is_offered(state_dir: Path) -> bool:
    """Whether a request lies there that nobody has taken."""
    return (state_dir / FOLDER / REQUEST).exists()


def offered(state_dir: Path) -> Request:
    """The request that lies there, for the daemon, which wrote it. Raises DataError."""
    try:
        return _request((state_dir / FOLDER / REQUEST).read_bytes()[:_MOST_BYTES])
    except OSError as error:
        raise DataError(f"the request cannot be read: {error.strerror}", hint="order the update again") from error


def withdraw(state_dir: Path) -> None:
    """Take the request and the bundle back. Raises HardwareError."""
    try:
        for name in (REQUEST, OFFERED):
            (state_dir / FOLDER / name).unlink(missing_ok=True)
        if (state_dir / FOLDER).is_dir():
            sync_folder(state_dir / FOLDER)
    except OSError as error:
        raise HardwareError(f"{state_dir}: cannot be written: {error.strerror}", hint="check the disk") from error


def claim(state_dir: Path) -> Request | None:
    """The request that lies there; it stays until `withdraw_claimed`. Raises DataError for a request that is none."""
    folder = _folder(state_dir)
    if folder is None:
        return None
    try:
        data = _small_file(folder, REQUEST)
    finally:
        os.close(folder)
    return None if data is None else _request(data)


def take_offered(state_dir: Path, target: Path) -> None:
    """Copy the bundle that lies there. Raises DataError, HardwareError where it cannot be copied."""
    folder = _folder(state_dir)
    if folder is None:
        raise DataError("the offered bundle is gone", hint="order the update again")
    try:
        take(Path(OFFERED), target, folder)
    finally:
        os.close(folder)


def withdraw_claimed(state_dir: Path) -> None:
    """Remove what was claimed, following no link. Raises HardwareError."""
    folder = _folder(state_dir)
    if folder is None:
        return
    try:
        for name in (REQUEST, OFFERED):
            try:
                os.unlink(name, dir_fd=folder)
            except FileNotFoundError:
                continue
        os.fsync(folder)
    except OSError as error:
        raise HardwareError(f"{state_dir}: cannot be written: {error.strerror}", hint="check the disk") from error
    finally:
        os.close(folder)


def _request(data: bytes) -> Request:
    try:
        said = json.loads(data)
        return Request(said["id"], said["version"], said["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError("a request that is none", hint="order the update again") from error


def _folder(state_dir: Path) -> int | None:
    """The folder's handle, where there is one. Its name is the daemon's to change, so it must be no link."""
    try:
        above = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
        finally:
            os.close(above)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{state_dir / FOLDER} is no folder: {error.strerror}", hint="who has changed it?") from error


def _small_file(folder: int, name: str) -> bytes | None:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"a request that is no plain file: {error.strerror}", hint="order the update again") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise DataError("a request that is no plain file", hint="order the update again")
        return file.read(_MOST_BYTES)
