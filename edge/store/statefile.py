"""Small files in the state directory: whole and durable or not at all, and of the daemon, whoever wrote them.

The directory is the daemon's own, and commands that an administrator runs write into it as root. So nothing in it is
believed: a link that lies in the way is replaced and never followed, folders are held by a handle, and only what was
made here changes hands. Otherwise whoever had got hold of the daemon could have root give it any file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from edge.errors import HardwareError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def put(state_dir: Path, path: Path, content: bytes) -> None:
    """Replace the file, readable for its owner alone. `path`: in the state directory, or in a folder of it, which is
    made. Raises HardwareError, and then the old file is there.
    """
    *folders, name = path.relative_to(state_dir).parts
    fresh = f".{name}.new"
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _opened(state_dir) as top, _inside(top, folders) as folder:
            owner = os.fstat(top)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(fresh, dir_fd=folder)
            with os.fdopen(os.open(fresh, _FRESH, 0o600, dir_fd=folder), "wb") as file:
                _give(file.fileno(), owner)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
    except OSError as error:
        raise HardwareError(
            f"{path}: cannot be written: {error.strerror}", hint="is the disk full? what lies there in its place?"
        ) from error


@contextlib.contextmanager
def _opened(path: str | Path, within: int | None = None, flags: int = _FOLDER) -> Iterator[int]:
    handle = os.open(path, flags, dir_fd=within)
    try:
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def _inside(top: int, folders: list[str]) -> Iterator[int]:
    """The handle of the folder, which is no link. An empty one that root has made becomes the owner's."""
    if not folders:
        yield top
        return
    [name] = folders
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=top)
        os.fsync(top)
    with _opened(name, top, _FOLDER | os.O_NOFOLLOW) as folder:
        if os.fstat(folder).st_uid == 0 and not os.listdir(folder):  # noqa: PTH208 - a handle
            _give(folder, os.fstat(top))
        yield folder


def _give(handle: int, owner: os.stat_result) -> None:
    if os.geteuid() == 0:
        os.fchown(handle, owner.st_uid, owner.st_gid)
