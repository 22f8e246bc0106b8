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
from edge.store.handles import folder, folder_in, names, owner_of, replace


def make_folder(path: Path) -> None:
    """Make the folder unless it is there. Raises HardwareError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HardwareError(
            f"{path} cannot be made: {error.strerror}", hint="see [store] in the configuration, and who owns it"
        ) from error


def put(state_dir: Path, path: Path, content: bytes) -> None:
    """Replace the file, readable for its owner alone. `path`: in the state directory, or in a folder of it, which is
    made. Raises HardwareError, and then the old file is there.
    """
    *folders, name = path.relative_to(state_dir).parts
    try:
        with folder(state_dir) as top, _inside(top, folders) as within:
            replace(name, within, owner_of(top), lambda file: file.write(content))
    except OSError as error:
        raise HardwareError(
            f"{path}: cannot be written: {error.strerror}", hint="is the disk full? what lies there in its place?"
        ) from error


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
    with folder_in(name, top) as within:
        if owner_of(within).uid == 0 and not names(within):
            owner_of(top).take(within)
        yield within
