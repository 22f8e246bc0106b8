"""The files of one pair of versions in the place of another's. Each file is replaced in one step, and all of it may be
done again any number of times, from wherever a kill has left it.

Nothing else is touched: no drop-in (`edge.service.d/`), no link, which is somebody's decision such as a mask, and no
file of somebody else's that has the name of a new unit.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection
from pathlib import Path

from edge.errors import EdgeError, HardwareError
from edge.store.handles import folder, owner_of, remove, replace
from edge.update.shipped import UNITS, Files, is_unit
from edge.update.systemctl import Systemctl

_MODE = 0o644
AT_BOOT = b"[Install]"
"""A unit without it is started by another one."""
_UNDER_WAY = ("edge-update.", "edge-units.")
_AWAITED = (".timer", ".path")
_LAST = f"{UNITS}/edge.service"
_MAKING_USERS = "etc/sysusers.d/", "etc/tmpfiles.d/"


class ReadOnlyError(EdgeError):
    """The root cannot be written; everything is as it was."""


def place(
    root: Path, former: Files, latter: Files, systemctl: Systemctl, others: Collection[str] = frozenset()
) -> None:
    """Put `latter` where `former` is, but in the places of `others`, who have files there. What is new is started as
    the machine's presets say, and what is gone is stopped; a daemon that runs keeps its sandbox until it is started
    anew. Raises HardwareError, ReadOnlyError.
    """
    try:
        for name in _in_order(former, latter):
            _write(root / name, latter[name], is_ours=name in former and name not in others)
        for name in sorted(former.keys() - latter.keys()):
            if content(root / name) == former[name]:
                _stop(name, systemctl)
                _remove(root / name)
    except OSError as error:
        if isinstance(error, EdgeError):
            raise
        if error.errno == errno.EROFS:
            raise ReadOnlyError(
                f"{root / UNITS} is on a file system that is only read",
                hint="sudo mount -o remount,rw / && sudo /opt/edge/current/bin/edge update units",
            ) from error
        raise HardwareError(f"{root / UNITS}: {error.strerror}", hint="is there room?") from error
    systemctl.reload()
    changed = [name for name in sorted(latter) if former.get(name) != latter[name]]
    if any(name.startswith(_MAKING_USERS) for name in changed):
        systemctl.have_users_made()
    for name in changed:
        unit = name.rpartition("/")[2]
        if not is_unit(name) or content(root / name) != latter[name]:
            continue
        if name not in former and AT_BOOT in latter[name]:
            systemctl.preset(unit)
        elif unit.endswith(_AWAITED):
            systemctl.begin_anew(unit)


def differing(root: Path, files: Files) -> list[str]:
    """The names of those that are not in their place as they should be. One that somebody has masked is left out."""
    names = (name for name, data in sorted(files.items()) if content(root / name) != data)
    return [name.rpartition("/")[2] for name in names if not _is_masked(root / name)]


def _in_order(former: Files, latter: Files) -> list[str]:
    """New ones first, so that nothing names a unit that is not there yet, and the daemon's last."""
    return sorted(latter, key=lambda name: (name == _LAST, name in former, name))


def _write(path: Path, data: bytes, *, is_ours: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with folder(path.parent) as within:
        if os.path.lexists(left := path.with_name(f".{path.name}.new")):  # of a kill
            remove(left.name, within)
        there = content(path)
        if there != data and not path.is_symlink() and (is_ours or there is None):
            replace(path.name, within, owner_of(within), lambda file: file.write(data), _MODE)


def _remove(path: Path) -> None:
    with folder(path.parent) as within:
        remove(path.name, within)
        os.fsync(within)


def _stop(name: str, systemctl: Systemctl) -> None:
    unit = name.rpartition("/")[2]
    if is_unit(name):
        if not unit.startswith(_UNDER_WAY):  # this runs within them
            systemctl.stop(unit)
        systemctl.disable(unit)


def content(path: Path) -> bytes | None:
    """None where there is no plain file, or none that can be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            return file.read() if stat.S_ISREG(os.fstat(handle).st_mode) else None
    except OSError:
        return None


def _is_masked(path: Path) -> bool:
    return path.is_symlink() and path.readlink() == Path("/dev/null")
