"""A process of root's that follows no link in a folder of somebody else's, whichever library opens the files there.

Commands that an administrator runs as root work in the daemon's own directory. Whoever has got hold of the daemon could
put links there, for SQLite and everybody else to follow. Looking before opening would not help, since the owner can
change names at any moment. So the kernel is told to follow none: in a mount namespace of this process the folder is
mounted over itself with `nosymfollow` (mount_setattr(2); Linux 5.10). Nobody else sees that mount, and it ends with us.

A second name of somebody else's file (a hard link) is not for the daemon to make: fs.protected_hardlinks.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
from pathlib import Path

from edge.errors import HardwareError

log = logging.getLogger(__name__)

_CLONE_NEWNS = 0x00020000
_MS_REMOUNT, _MS_BIND, _MS_REC, _MS_SLAVE, _MS_NOSYMFOLLOW = 0x20, 0x1000, 0x4000, 0x80000, 0x100
_ST_NOSYMFOLLOW = 0x2000  # statfs(2)
_KEPT = os.ST_RDONLY | os.ST_NOSUID | os.ST_NODEV | os.ST_NOEXEC | os.ST_NOATIME  # the same bits as mount(2) has


def confine(folder: Path) -> None:
    """From now on this process, and those that it starts, follow no link below `folder`, if this is root and the folder
    somebody else's. Call it before other threads are there. Raises HardwareError where the system does not allow it.
    """
    try:
        place = folder.resolve(strict=True)
        if os.geteuid() != 0 or place.stat().st_uid == 0 or os.statvfs(place).f_flag & _ST_NOSYMFOLLOW:
            return
    except OSError:  # whoever needs it says better what is missing
        return
    try:
        _mount_over(place)
    except OSError as error:
        raise HardwareError(
            f"{place} belongs to another user, and this system does not let root shut out its links: {error.strerror}",
            hint="run the command as that user: sudo -u edge …",
        ) from error
    for entry in sorted(place.iterdir()):
        if entry.is_symlink():
            log.warning("%s is a link, which is not followed and which edge never makes: who did?", entry)


def _mount_over(place: Path) -> None:
    """The file system's own restrictions stay. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    name = os.fsencode(place)
    _done(libc.unshare(_CLONE_NEWNS))
    _done(libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_SLAVE), None))
    _done(libc.mount(name, name, None, ctypes.c_ulong(_MS_BIND | _MS_REC), None))
    flags = _MS_REMOUNT | _MS_BIND | _MS_NOSYMFOLLOW | (os.statvfs(place).f_flag & _KEPT)
    _done(libc.mount(b"none", name, None, ctypes.c_ulong(flags), None))
    with contextlib.suppress(FileNotFoundError):  # a working directory that is gone leads nowhere
        os.chdir(Path.cwd())  # where a relative path would have led past the mount


def _done(result: int) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
