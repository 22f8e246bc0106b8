"""Where a restore is made ready and decided: a folder beside the state directory, not in it.

The state directory is the daemon's, who could plant there what the next start would carry out as root. Beside it, in
/var/lib, only root can make, rename or remove anything, so what lies there is root's own word. The daemon may see that
a restore was decided (mode 0711), and no more.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError, HardwareError
from edge.store.keys import sync_folder

BESIDE = "-restore"
COMMIT = "commit.json"
NEW, MOVED = "new", "moved"
_MODE = 0o711
_MOST_BYTES = 65536
_STAMP = re.compile(r"\d{8}T\d{6}Z")


@dataclass(frozen=True, slots=True)
class Decision:
    """`stamp`: when, which names what is set aside; `etc`: the folder of the configuration, absolute."""

    stamp: str
    etc: str


def work_of(state: Path) -> Path:
    """The folder's path; it need not be there."""
    return Path(f"{state.absolute()}{BESIDE}")


def is_decided(state: Path) -> bool:
    """Whether a restore was begun that has to be finished first."""
    return (work_of(state) / COMMIT).exists()


def make_work(state: Path) -> Path:
    """The folder, made where there is none. Raises DataError where somebody else could change it, OSError."""
    work = work_of(state)
    if not os.path.lexists(work):
        work.mkdir()
        work.chmod(_MODE)  # whatever the mask of this process is
    check(work)
    return work


def prepare_work(state: Path) -> Path:
    """The same, empty."""
    work = make_work(state)
    clear(work)
    return work


def check(work: Path) -> None:
    """That nobody but us, and root, could have changed anything in it. Raises DataError, OSError."""
    status, above = work.lstat(), work.parent.stat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
    open_above = above.st_uid != 0 or (above.st_mode & 0o022 and not above.st_mode & stat.S_ISVTX)
    if not ours or (os.geteuid() == 0 and open_above):
        raise DataError(
            f"{work}: others could change what is in it",
            hint=f"it and {work.parent} must be root's alone; remove it, and restore once more",
        )


def clear(work: Path) -> None:
    """Remove what is in it, the decision first. It stays itself: it may be a mount. Raises OSError."""
    if (work / COMMIT).exists():
        (work / COMMIT).unlink()  # before the note that the old files were moved, or the new ones would be
        sync_folder(work)
    for entry in work.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def decide(work: Path, decision: Decision) -> None:
    """From now on the restore is finished, whatever happens. Raises OSError."""
    write(work / COMMIT, json.dumps({"stamp": decision.stamp, "etc": decision.etc}))


def decided(state: Path) -> Decision:
    """What was decided. Raises DataError where nothing was, or by somebody else, HardwareError."""
    work = work_of(state)
    try:
        check(work)
        handle = os.open(work / COMMIT, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
                raise DataError(f"{work / COMMIT} is somebody else's", hint="remove it, and restore once more")
            said = json.loads(file.read(_MOST_BYTES))
        decision = Decision(str(said["stamp"]), str(said["etc"]))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"{state}: no restore is under way", hint="begin one with: edge backup restore") from error
    except OSError as error:
        raise HardwareError(f"{work}: {error.strerror}", hint="run as root, or as who began it") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{work / COMMIT}: cannot be read: {error}", hint="remove it, and restore once more") from error
    if not _STAMP.fullmatch(decision.stamp):
        raise DataError(f"{work / COMMIT}: names no time", hint="remove it, and restore once more")
    return decision


def write(path: Path, text: str) -> None:
    """Durable, complete or not there. Raises OSError."""
    fresh = path.with_name(f".{path.name}")
    with fresh.open("w") as out:
        os.fchmod(out.fileno(), 0o600)
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
