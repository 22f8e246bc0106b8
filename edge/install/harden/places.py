"""Copying folders to the data partition and back.

Which side is the true one is said by the table of mounts alone. Until it is changed a copy is made anew each time,
since the device may have run meanwhile; from then on the other side is only emptied. So a power cut at any moment
leaves one side that is whole and used, and no program ever goes on with an old state: a device that gave its numbers
a second time would be worse than one that does not start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from edge.errors import HardwareError
from edge.store.keys import sync_folder

PLACES = (
    "/opt/edge",
    "/etc/edge",
    "/var/lib/edge",
    "/var/lib/edge-restore",  # a restore under way, which the daemon must not be able to touch
    "/var/lib/edge-firstboot",
    "/var/backups/edge",
    "/var/log",
    "/var/lib/systemd",  # when timers ran last, the random seed, the time
    "/var/lib/NetworkManager",
    "/etc/NetworkManager/system-connections",
)
"""All that is written on a device; what else wants to be written is in nobody's way."""
_LIMIT_S = 3600.0


def copy_over(source: Path, target: Path) -> None:
    """With owners, modes, links and times, in the place of whatever was there. Raises HardwareError."""
    if not source.is_dir():
        source.mkdir(parents=True, mode=0o755)
    fresh = target.with_name(f".{target.name}.moving")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(fresh, ignore_errors=True)
    command = ["cp", "--archive", "--one-file-system", str(source), str(fresh)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HardwareError(f"{source} cannot be copied: {error}", hint="nothing was removed") from error
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise HardwareError(f"{source} cannot be copied: {done.stderr.strip()[-300:]}", hint="nothing was removed")
    os.sync()
    if target.is_dir():
        shutil.rmtree(target)
    fresh.rename(target)
    sync_folder(target.parent)


def empty(folder: Path) -> bool:
    """Leave an empty folder, to be mounted over; whether there was anything in it."""
    entries = list(folder.iterdir()) if folder.is_dir() else []
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return bool(entries)
