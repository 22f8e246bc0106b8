"""What of a device goes into a backup, and as it is at one moment, while the daemon goes on writing.

A database is copied by SQLite itself into a folder beside it, since its files are whole only together; every other file
of the device is replaced in one step by whoever writes it, so reading it gives one version or the other.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from edge.backup.workroom import make_work
from edge.errors import DataError, HardwareError
from edge.update.databases import copy

SCRATCH = ".backup"
"""A copy of the events names people, and must not lie where others read."""
ASIDE = "before-restore-"
TLS_KEY = "device.key"
CREDENTIAL = "uplink.key"
"""Root's alone on the disk (`etc/device.key`); systemd shows it to the services that need it."""
_SQLITE = b"SQLite format 3\0"
_SPARE_BYTES = 16 << 20
# What is made anew: prompts, room kept free, an update under way, what the jobs say of themselves.
_LEFT_OUT = frozenset({"voice", "spoken", "events.ballast", "update", "duties"})
OF_THE_MACHINE = ("pairing.json", "commissioned.json")
"""Stays where it is, whatever is restored there: the code on this label, and that this machine was accepted."""
_PAGE = "web"
"""The page's key, codes that were in force on that day, a restart that was asked for: none of it may come again."""
_BESIDE = ("-wal", "-shm", "-journal")


def is_of_the_machine(path: str) -> bool:
    """Whether a file of the state directory belongs to a machine and its day, and is never restored."""
    return path in OF_THE_MACHINE or PurePosixPath(path).parts[0] == _PAGE


@dataclass(frozen=True, slots=True)
class Item:
    """A file to be taken: where it is read, and its name in the backup."""

    source: Path
    place: str
    path: str


def gather(state: Path, etc: Path, scratch: Path, credentials: Path | None) -> list[Item]:
    """Every file of the device, the databases copied into `scratch`. Raises DataError for a damaged database,
    HardwareError where there is no room or something cannot be read.
    """
    items = []
    for file in _files(etc):
        path = file.relative_to(etc).as_posix()
        shown = credentials / CREDENTIAL if credentials and path == TLS_KEY else file
        items.append(Item(shown if shown.exists() else file, "etc", path))
    databases = []
    for file in _files(state):
        path = file.relative_to(state).as_posix()
        if is_of_the_machine(path):
            continue
        if _is_database(file):
            databases.append((file, path))
        elif not path.endswith(_BESIDE):
            items.append(Item(file, "state", path))
    needed = sum(_size(file) + _size(file.with_name(f"{file.name}-wal")) for file, _ in databases) + _SPARE_BYTES
    if (free := shutil.disk_usage(scratch).free) < needed:
        raise HardwareError(
            f"{scratch}: {needed >> 20} MB are needed for a copy of the databases, {free >> 20} MB are free",
            hint="make room on the device's disk",
        )
    for number, (file, path) in enumerate(databases):
        target = scratch / f"{number}.db"
        copy(file, target)
        _sound(target, file)
        items.append(Item(target, "state", path))
    return sorted(items, key=lambda item: (item.place, item.path))


@contextlib.contextmanager
def scratch_in(state: Path) -> Iterator[Path]:
    """A private folder that is gone afterwards; what a power cut has left of an earlier one goes first. It lies in the
    state directory, but for root, when that is somebody else's: then where only root can change names.
    """
    try:
        folder = (state if state.stat().st_uid == os.geteuid() else make_work(state)) / SCRATCH
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise HardwareError(
            f"{error.filename or state}: {error.strerror}", hint="run as root, or as the service's user"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def open_item(item: Item, state: Path, scratch: Path) -> BinaryIO:
    """A file to be read. The state directory is its owner's to change at any moment, so a file that is somebody else's
    by then was reached through a link, and is refused. Raises DataError, OSError.
    """
    if item.place != "state" or item.source.is_relative_to(scratch):
        return item.source.open("rb")
    handle = os.open(item.source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != state.stat().st_uid:
        os.close(handle)
        raise DataError(
            f"{item.source} is not a file of whoever owns {state}",
            hint="where it belongs to the device, hand it over: chown edge:edge",
        )
    return os.fdopen(handle, "rb")


def _files(folder: Path) -> list[Path]:
    """The plain files below a folder that belong into a backup; links are not followed."""
    found = []

    def refused(error: OSError) -> None:
        raise HardwareError(f"{error.filename}: {error.strerror}", hint="run as root, or as the service's user")

    for place, folders, names in os.walk(folder, onerror=refused):
        top = Path(place) == folder
        folders[:] = sorted(name for name in folders if _wanted(name, top=top))
        found += [Path(place, name) for name in sorted(names) if _wanted(name, top=top)]
    return [file for file in found if file.is_file() and not file.is_symlink()]


def _wanted(name: str, *, top: bool) -> bool:
    hidden = name.startswith(".") or ".damaged-" in name
    return not hidden and not (top and (name in _LEFT_OUT or name.startswith(ASIDE)))


def _is_database(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except PermissionError:  # of root alone: the credential takes its place
        return False


def _sound(copied: Path, source: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(copied)) as conn:
            (verdict,) = conn.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise DataError(f"{source} is damaged: {verdict}", hint="see: edge events verify; the older backups are kept")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
