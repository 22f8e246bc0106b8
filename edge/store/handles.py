"""Work in a folder of somebody else's, such as the daemon's, for whoever is not its owner, and who may be root.

Whoever owns a folder may at any moment rename, remove and replace what is in it, or put a link, a pipe or a second name
of somebody else's file there. So nothing here goes by a path twice: a folder is opened once, no link is followed, what
was opened is looked at before it is believed, and only what was made here is handed over.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from edge.errors import DataError

log = logging.getLogger(__name__)

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FRESH = ".restoring"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose the state directory is."""

    uid: int
    gid: int

    def take(self, handle: int) -> None:
        """Hand over what was made; only root can, and anybody else is the owner."""
        if os.geteuid() == 0 and owner_of(handle) != self:
            os.fchown(handle, self.uid, self.gid)


def owner_of(handle: int) -> Owner:
    """Of an open file or folder."""
    status = os.fstat(handle)
    return Owner(status.st_uid, status.st_gid)


@contextmanager
def folder(path: Path) -> Iterator[int]:
    """The handle of a folder whose name is not its owner's to change. Raises OSError."""
    handle = os.open(path, _FOLDER)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def folder_in(name: str, within: int) -> Iterator[int]:
    """The handle of a folder in another one, no link. Raises OSError."""
    handle = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=within)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def own_folder(name: str, within: int) -> Iterator[int]:
    """The handle of a folder of ours, private until it is handed over; made where there is none, and in the place of
    what is not ours. Raises DataError where somebody changes it at this moment, OSError.
    """
    if not is_own_folder(name, within):
        remove(name, within)
        os.mkdir(name, 0o700, dir_fd=within)
    with folder_in(name, within) as handle:
        if not _is_own(os.fstat(handle)):
            raise DataError(f"{name} in the state directory was changed meanwhile", hint="who runs? do this again")
        yield handle


def is_own_folder(name: str, within: int) -> bool:
    """Whether there is such a folder, made by us, that nobody else can write into. Raises OSError."""
    try:
        return _is_own(os.stat(name, dir_fd=within, follow_symlinks=False))
    except FileNotFoundError:
        return False


def is_there(name: str, within: int) -> bool:
    """Whether anything has the name. Raises OSError."""
    return name in os.listdir(within)


def _is_own(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def names(handle: int) -> list[str]:
    """What is in a folder, sorted."""
    return sorted(os.listdir(handle))


def replace(name: str, within: int, owner: Owner, write: Callable[[BinaryIO], object], mode: int = 0o600) -> None:
    """What `write` writes, in the place of the file or the link that has the name; complete or not there, and durable.
    What a kill has left is made anew. Raises OSError, and then the former file is there.
    """
    fresh = f".{name}.new"
    remove(fresh, within)
    _make(fresh, within, owner, write, mode)
    os.rename(fresh, name, src_dir_fd=within, dst_dir_fd=within)
    os.fsync(within)


def put(source: Path, within: int, owner: Owner) -> None:
    """A copy of `source`, a file or a tree that nobody else can change, under its name and in the place of whatever
    has it; complete or not there, durable once the folder is. Raises OSError.
    """
    remove(_FRESH, within)
    copy_in(source, _FRESH, within, owner, owner)
    remove_folder(source.name, within)
    os.rename(_FRESH, source.name, src_dir_fd=within, dst_dir_fd=within)


def copy_in(source: Path, name: str, within: int, folders: Owner, files: Owner | None) -> None:
    """A copy of `source` as `name`, which must not be there, durable. `files`: whose files are to be; None: ours.

    A folder is handed over when nothing more is done in it, so that nobody can put anything in our way there.
    """
    if source.is_dir():
        with own_folder(name, within) as handle:
            for entry in sorted(source.iterdir()):
                copy_in(entry, entry.name, handle, folders, files)
            folders.take(handle)
            os.fsync(handle)
        return
    with source.open("rb") as reading:
        _make(name, within, files, partial(shutil.copyfileobj, reading), 0o600)


def _make(name: str, within: int, owner: Owner | None, write: Callable[[BinaryIO], object], mode: int) -> None:
    with os.fdopen(os.open(name, _NEW_FILE, 0o600, dir_fd=within), "wb") as file:
        os.fchmod(file.fileno(), mode)  # whatever the umask is
        if owner is not None:
            owner.take(file.fileno())
        write(file)
        file.flush()
        os.fsync(file.fileno())


def take_plain(name: str, within: int, target: Path, most: int | None = None) -> bool:
    """Copy a file of the folder's owner, or of ours, to `target`; False where there is none. A link, a pipe, a file
    that has another name as well or is larger than `most` is passed over. Raises OSError.
    """
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=within)
    except FileNotFoundError:
        return False
    except OSError as error:
        log.warning("%s is passed over: %s", name, error.strerror)
        return False
    with os.fdopen(handle, "rb") as reading:
        status = os.fstat(handle)
        ours = status.st_uid in (owner_of(within).uid, os.geteuid()) and status.st_nlink == 1
        if not stat.S_ISREG(status.st_mode) or not ours or (most is not None and status.st_size > most):
            log.warning("%s is passed over: it is no plain file of the device", name)
            return False
        with os.fdopen(os.open(target, _NEW_FILE, 0o600), "wb") as writing:
            left = status.st_size  # whoever writes into it meanwhile does not fill the disk
            while left and (block := reading.read(min(1 << 20, left))):
                writing.write(block)
                left -= len(block)
    return True


def remove(name: str, within: int) -> None:
    """Whatever has the name, without following a link. Raises OSError."""
    remove_folder(name, within)
    try:
        os.unlink(name, dir_fd=within)
    except FileNotFoundError:
        return


def remove_folder(name: str, within: int) -> None:
    """The same where it is a folder."""
    try:
        kind = os.stat(name, dir_fd=within, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(kind):
        shutil.rmtree(name, dir_fd=within)
