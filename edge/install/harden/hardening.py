"""The steps of hardening and of undoing it, in their order. Each may be done any number of times."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edge.errors import DataError, HardwareError
from edge.install.firstboot.places import put
from edge.install.harden.fstab import bound, hardened, original
from edge.install.harden.places import PLACES, copy_over, empty

DATA = "/data"
RECEIPT = "etc/edge-harden.json"
COPYING = ".edge-copying"
"""On the data partition while copies are made that nothing uses yet."""
# Packages are not changed behind a read-only root, and a swap file wears the card.
NOT_WANTED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "dphys-swapfile.service",
    "e2scrub_all.timer",
    "man-db.timer",
)
_RESOLV, _RESOLV_TARGET = "etc/resolv.conf", "/run/NetworkManager/resolv.conf"
_FAKE_CLOCK, _FAKE_CLOCK_LINE = "etc/default/fake-hwclock", "FILE=/var/lib/systemd/fake-hwclock.data\n"
_UNITS = ("usr/lib/systemd/system", "lib/systemd/system", "etc/systemd/system")


Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class System:
    """`root`: the root file system, writable; `source`: the data partition as fstab names it; `data`: where that is
    mounted now; `apart`: whether that is another file system than the root, which a rehearsal in folders may waive.
    """

    root: Path
    source: str
    data: Path
    apart: bool = True


def harden(system: System, say: Say, *, dry: bool = False) -> list[str]:
    """Everything that is left to do; returns what was done, or with `dry` what would be. Raises EdgeError; what was
    done stays done, and can be gone on with.
    """
    root, table = system.root, _table(system)
    wanted = hardened(table, system.source, DATA, PLACES)
    _check(system, table)
    steps = _Steps(say, dry=dry)
    _quiet(root, steps)
    there = bound(table, PLACES)
    for place in PLACES:
        if place not in there:
            (here, copy) = root / place[1:], system.data / place[1:]
            steps.take(f"{place} is copied to the data partition", partial(_begin_copy, system.data, here, copy))
    if wanted != table:
        # The decision: from the next start on the copies are what is used.
        steps.take("the root is mounted read-only from the next start on", partial(_decide, system, wanted))
    for place in PLACES:
        here = root / place[1:]
        if not dry and empty(here):
            steps.take(f"{place} on the root is emptied", _nothing)
    return steps.taken


def undo(system: System, say: Say, *, dry: bool = False) -> list[str]:
    """Bring everything back to the root; as `harden`."""
    root, table = system.root, _table(system)
    receipt, steps = _receipt(root), _Steps(say, dry=dry)
    for place in sorted(bound(table, PLACES)):
        copy = partial(copy_over, system.data / place[1:], root / place[1:])
        steps.take(f"{place} comes back to the root", copy)
    for unit in receipt.get("masked", []):
        steps.take(f"unmask {unit}", partial((root / "etc/systemd/system" / unit).unlink, missing_ok=True))
    if "resolv" in receipt:
        steps.take(f"/{_RESOLV} is a file again", partial(put, root / _RESOLV, receipt["resolv"].encode()))
    clock = root / _FAKE_CLOCK
    if clock.exists() and _FAKE_CLOCK_LINE in (said := clock.read_text()):
        before = said.replace(_FAKE_CLOCK_LINE, "").encode()
        steps.take(f"/{_FAKE_CLOCK} is as it was", partial(put, clock, before))
    if original(table) != table:
        back = partial(put, root / "etc/fstab", original(table).encode())
        steps.take("the root is mounted for writing from the next start on", back)
    if receipt:
        for place in PLACES:
            if (left := system.data / place[1:]).is_dir():
                steps.take(f"{place} on the data partition is removed", partial(shutil.rmtree, left))
        steps.take("nothing is left of it", partial((root / RECEIPT).unlink, missing_ok=True))
    return steps.taken


class _Steps:
    """Says each step, and takes it unless it is only to be said."""

    def __init__(self, say: Say, *, dry: bool) -> None:
        self._say, self._dry = say, dry
        self.taken: list[str] = []

    def take(self, text: str, act: Callable[[], object]) -> None:
        self._say(text)
        self.taken.append(text)
        if not self._dry:
            act()


def _quiet(root: Path, steps: _Steps) -> None:
    """What would write to the root is told not to; the receipt says what it was before, and is written first."""
    receipt = _receipt(root)
    for unit in NOT_WANTED:
        link = root / "etc/systemd/system" / unit
        if not link.is_symlink() and any((root / place / unit).exists() for place in _UNITS):
            receipt.setdefault("masked", []).append(unit)
            steps.take(f"mask {unit}", partial(_noted, root, dict(receipt), partial(_link, link, "/dev/null")))
    resolv, clock = root / _RESOLV, root / _FAKE_CLOCK
    if (root / "etc/NetworkManager").is_dir() and not resolv.is_symlink():
        receipt["resolv"] = resolv.read_text() if resolv.exists() else ""
        into_run = partial(_link, resolv, _RESOLV_TARGET)
        steps.take(f"/{_RESOLV} becomes a link into /run", partial(_noted, root, dict(receipt), into_run))
    if clock.exists() and _FAKE_CLOCK_LINE not in (said := clock.read_text()):
        line = partial(put, clock, (said + _FAKE_CLOCK_LINE).encode())
        steps.take(
            f"/{_FAKE_CLOCK}: the time is kept on the data partition", partial(_noted, root, dict(receipt), line)
        )


def _noted(root: Path, receipt: dict[str, Any], act: Callable[[], object]) -> None:
    put(root / RECEIPT, json.dumps(receipt).encode())
    act()


def _begin_copy(data: Path, here: Path, copy: Path) -> None:
    put(data / COPYING, b"")
    copy_over(here, copy)


def _decide(system: System, table: str) -> None:
    (system.root / DATA[1:]).mkdir(exist_ok=True)
    put(system.root / RECEIPT, json.dumps(_receipt(system.root) or {"masked": []}).encode())
    put(system.root / "etc/fstab", table.encode())
    (system.data / COPYING).unlink(missing_ok=True)


def _nothing() -> None:
    """It was done already."""


def _check(system: System, table: str) -> None:
    if not (system.root / "etc/edge/edge.toml").exists() and not (system.data / "etc/edge/edge.toml").exists():
        raise DataError(f"{system.root}: edge is not set up here", hint="harden a device after its first boot")
    if not system.data.is_dir():
        raise HardwareError(f"{system.data} is not there", hint="make and mount the data partition first: docs/run.md")
    if system.apart and system.data.stat().st_dev == system.root.stat().st_dev:
        raise HardwareError(f"{system.data} is no file system of its own", hint="mount the data partition there first")
    others = [place for place in PLACES if (system.data / place[1:]).exists() and place not in bound(table, PLACES)]
    if others and not (system.data / COPYING).exists():
        raise DataError(
            f"{system.data} holds another installation: {', '.join(others)}",
            hint="look what it is; move it away, or make the file system anew",
        )
    if not os.access(system.root / "etc", os.W_OK) or os.statvfs(system.root).f_flag & os.ST_RDONLY:
        raise HardwareError(f"{system.root} cannot be written", hint="as root: mount -o remount,rw /")


def _table(system: System) -> str:
    try:
        return (system.root / "etc/fstab").read_text()
    except OSError as error:
        raise DataError(f"{system.root}/etc/fstab: {error.strerror}", hint="is this the root of a system?") from error


def _receipt(root: Path) -> dict[str, Any]:
    """What an earlier run has changed."""
    try:
        found = json.loads((root / RECEIPT).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DataError(f"{root / RECEIPT}: cannot be read: {error}", hint="see what it says, and remove it") from error
    return found if isinstance(found, dict) else {}


def _link(path: Path, target: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(path)
