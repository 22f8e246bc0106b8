"""Whether the device works, seen from outside it, and what is to be done where it does not. Pure, but for `look`.

systemd restarts a daemon that ends or hangs. This is for what is left: a unit that has failed for good, a daemon that
runs and says nothing, a disk that has become read-only. Each remedy is tried before the next harder one; the machine is
started anew only when nothing else has helped for a good while, and not again within hours, so that a fault which that
does not mend costs a few minutes a day and not the day.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from edge.errors import EdgeError, HardwareError
from edge.runtime.status import read_status
from edge.update.journal import JOURNAL
from edge.update.layout import Layout

Act = Literal["", "start", "restart", "reboot"]
UNIT = "edge.service"
PAST = ".past"  # no note: it does not end as those do
QUIET_S = 60.0
"""How long a daemon that runs may say nothing: its own watchdog takes 15 s, a start on a slow card half a minute."""
AGAIN_S = 300.0
LAST_RESORT_S = 1200.0
LEAST_UP_S = 6 * 3600.0
"""A machine is not started anew twice within this time."""
_ASK_S = 20.0
_WORN = 9
"""Of the card's own estimate in tenths of its life: 80 % are used (JEDEC JESD84-B51, DEVICE_LIFE_TIME_EST)."""
_STOPPED = frozenset({"inactive", "deactivating", "maintenance"})


@dataclass(frozen=True, slots=True)
class Seen:
    """`active`: systemd's word for the unit; `silence`: why the daemon's status is not to be believed, or empty;
    `read_only`: whether the state directory cannot be written; `worn`: what a card says of its own life, or empty.
    """

    active: str
    silence: str
    read_only: bool
    worn: str
    updating: bool
    up_s: float


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered from one look to the next, in seconds since the machine was started."""

    unwell_s: float | None = None
    acted_s: float | None = None


def decide(seen: Seen, past: Past) -> tuple[Act, Past, str]:
    """What to do now, what to remember, and what is wrong, or empty.

    Whoever has stopped the unit wants it stopped, and an update has its own watcher.
    """
    wrong = _wrong(seen)
    if not wrong or (seen.active in _STOPPED and not seen.read_only):
        return "", Past(), ("" if seen.active in _STOPPED else seen.worn)
    if seen.updating:
        return "", past, wrong
    unwell_s = seen.up_s if past.unwell_s is None else past.unwell_s
    now = replace(past, unwell_s=unwell_s)
    lasted_s = seen.up_s - unwell_s
    if seen.active in ("active", "activating") and not seen.read_only and lasted_s < QUIET_S:
        return "", now, ""  # it may just be starting
    if lasted_s >= LAST_RESORT_S and seen.up_s >= LEAST_UP_S:
        return "reboot", now, wrong
    if seen.read_only:
        return "", now, wrong
    if seen.active == "failed":
        return "start", now, wrong
    rested = past.acted_s is None or seen.up_s - past.acted_s >= AGAIN_S
    if seen.active == "active" and rested:
        return "restart", replace(now, acted_s=seen.up_s), wrong
    return "", now, wrong


def _wrong(seen: Seen) -> str:
    if seen.read_only:
        return "the disk can only be read: the card is failing, or was mounted so after an error"
    if seen.active != "active":
        return f"{UNIT} is {seen.active}"
    return seen.silence


def look(state_dir: Path, runtime_dir: Path, folder: Path, *, sys: Path = Path("/sys")) -> Seen:
    """The device at this moment; `folder`: of the versions. Raises HardwareError where systemd does not answer."""
    try:
        read_status(runtime_dir)
        silence = ""
    except EdgeError as error:
        silence = error.message
    up_s = float(Path("/proc/uptime").read_text().split()[0])
    updating = (Layout(folder).work / JOURNAL).exists()
    return Seen(
        _active(), silence, read_only(state_dir, Path("/proc/self/mountinfo").read_text()), worn(sys), updating, up_s
    )


def carry_out(act: Act) -> None:
    """Raises HardwareError."""
    if act in ("start", "restart"):
        _systemctl("reset-failed", UNIT, may_fail=True)  # a unit that has not failed answers with an error
        _systemctl("restart", "--no-block", UNIT)
    elif act == "reboot":
        _systemctl("reboot", "--no-block")


def worn(sys: Path) -> str:
    """What eMMC and the SD cards that can tell say of their life; empty where nothing is told, or nothing is wrong."""
    told = []
    for file in sorted(sys.glob("class/mmc_host/mmc*/mmc*:*/life_time")):
        try:
            tenths = max(int(word, 16) for word in file.read_text().split())
        except (OSError, ValueError):  # this one does not tell
            continue
        if tenths >= _WORN:
            told.append(f"{file.parent.name} has used {min(tenths, 10) * 10 - 10} % of its life or more: replace it")
    return "; ".join(told)


def as_json(past: Past) -> dict[str, Any]:
    return {"unwell_s": past.unwell_s, "acted_s": past.acted_s}


def from_json(said: Mapping[str, Any]) -> Past:
    """Whatever is no number counts as nothing remembered."""
    numbers = [said.get(name) for name in ("unwell_s", "acted_s")]
    unwell, acted = (float(number) if isinstance(number, int | float) else None for number in numbers)
    return Past(unwell, acted)


def read_only(folder: Path, mountinfo: str) -> bool:
    """Whether the file system of the folder takes nothing any more, from /proc/self/mountinfo (proc(5)). Its own
    options are asked, the last ones of a line: those of the mount are always `ro` for a service that may write nothing.
    """
    best, found = -1, False
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        place = Path(before.split()[4].replace("\\040", " "))
        if folder.is_relative_to(place) and len(place.parts) >= best:
            best, found = len(place.parts), "ro" in after.split()[-1].split(",")
    return found


def _active() -> str:
    return _systemctl("show", "--property=ActiveState", "--value", UNIT).strip()


def _systemctl(*words: str, may_fail: bool = False) -> str:
    command = ["systemctl", *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HardwareError(f"{' '.join(command)}: {error}", hint="systemd itself does not answer") from error
    if done.returncode != 0 and not may_fail:
        raise HardwareError(f"{' '.join(command)}: {done.stderr.strip()}", hint="see journalctl")
    return done.stdout
