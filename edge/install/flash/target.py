"""Where the card is: only what is certainly a card, unused and of a card's size is written to.

Linux tells all of it below /sys and /proc. Whatever cannot be told is a refusal: a wrong disk cannot be got back.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from edge.errors import HardwareError, UsageError
from edge.install.flash.image import SECTOR

LARGEST = 300 * 10**9
"""The largest cards that are worth using here have 256 GB; a disk of a terabyte is somebody's backup."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What this computer says of its disks; other places in tests."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")


@dataclass(frozen=True, slots=True)
class Target:
    """Where to write. `size`: what fits, in bytes; None for a file, which grows. `told`: what it is, for people."""

    path: Path
    size: int | None
    told: str

    @property
    def is_file(self) -> bool:
        """Whether it is an image file, and no card."""
        return self.size is None


def card(path: Path, machine: Machine | None = None) -> Target:
    """A block device that may be overwritten. Raises UsageError with the reason when it may not."""
    try:
        status = path.stat()
    except OSError as error:
        raise HardwareError(f"{path}: {error.strerror}", hint="is the card in? `lsblk` lists the disks") from error
    if not stat.S_ISBLK(status.st_mode):
        raise UsageError(f"{path} is no disk", hint="a card is like /dev/sdb or /dev/mmcblk0; for a file: --file")
    # /dev/disk/by-id holds links; what is judged is what is written to
    return judged(path.resolve(), f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}", machine or Machine())


def judged(path: Path, number: str, machine: Machine) -> Target:
    """The same for the device `number` (major:minor)."""
    place = machine.sys / "dev/block" / number
    if (place / "partition").exists():
        raise UsageError(f"{path} is a partition", hint="name the whole card")
    sectors, removable, kind = _read(place / "size"), _read(place / "removable"), _read(place / "device/type")
    if removable != "1" and kind != "SD":
        raise UsageError(f"{path} cannot be taken out of this computer", hint="it is no card; `lsblk` lists the disks")
    size = int(sectors or 0) * SECTOR  # the kernel counts in 512 bytes, whatever the disk does
    if size == 0:
        raise UsageError(f"{path} is empty", hint="is a card in the reader?")
    if size > LARGEST:
        raise UsageError(f"{path} has {size / 1e9:.0f} GB, more than any card of ours", hint="is that a disk?")
    if _read(place / "ro") != "0":
        raise UsageError(f"{path} is write-protected", hint="push the little lever at the card's side")
    _refuse_used(path, place, number, machine)
    name = " ".join(filter(None, [_read(place / "device/vendor"), _read(place / "device/model")]))
    return Target(path, size, f"{path} ({name or _read(place / 'device/name') or 'card'}, {size / 1e9:.1f} GB)")


def image_file(path: Path, *, overwrite: bool) -> Target:
    """A file to write the card's content into. Raises UsageError."""
    if path.exists():
        if not path.is_file() or path.is_symlink():
            raise UsageError(f"{path} is no file", hint="for a card: --card")
        if not overwrite:
            raise UsageError(f"{path} exists already", hint="--overwrite, or another name")
    elif not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder", hint="make it before")
    return Target(path, None, f"the file {path}")


def _refuse_used(path: Path, place: Path, number: str, machine: Machine) -> None:
    """The card itself or a partition of it that is mounted, swapped to, or held by another device."""
    parts = {number: place} | {_read(part.parent / "dev"): part.parent for part in place.glob("*/partition")}
    mounts = [line.split() for line in _read(machine.proc / "self/mountinfo").splitlines()]
    for words in mounts:
        if words[2] in parts:
            raise UsageError(f"{path} is in use: mounted at {words[4]}", hint=f"umount {words[4]}, if it is the card")
    for part in parts.values():
        if any((part / "holders").glob("*")):
            raise UsageError(f"{path} is in use by another device", hint="it is part of a volume; is that the card?")
    swaps = {Path(line.split()[0]).name for line in _read(machine.proc / "swaps").splitlines()[1:]}
    if swaps & {part.resolve().name for part in parts.values()}:
        raise UsageError(f"{path} is in use as swap", hint="it is no card of ours")


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""
