"""The computer itself: its temperature, its power supply and its disk, as the kernel tells them.

Everything is read from files, which takes microseconds; `vcgencmd` would be a process each time. What a machine does
not have (a laptop knows nothing of its supply) is None, not an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SYS = Path("/sys")

# The bits of the firmware's get_throttled, as documented for `vcgencmd get_throttled`.
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _HOT = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_SINCE_BOOT = 16  # the same bits again, this far to the left
_SLOWED = _CAPPED | _THROTTLED | _HOT

# Names of thermal zones that are the processor's: Raspberry Pi and other boards, then PCs.
_PROCESSOR = ("cpu-thermal", "cpu_thermal", "soc-thermal", "x86_pkg_temp")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Whether something is so now, and whether it was since the boot; None where nobody can say."""

    now: bool | None = None
    since_boot: bool | None = None


@dataclass(frozen=True, slots=True)
class Power:
    """The supply is below 4.63 V; the processor is slowed down, for want of power or because it is hot."""

    under_voltage: Trouble = Trouble()
    throttled: Trouble = Trouble()


@dataclass(frozen=True, slots=True)
class Disk:
    """Of the file system that holds the state, in bytes."""

    total: int
    free: int


def temperature_c(sys: Path = SYS) -> float | None:
    """The processor's temperature in degrees Celsius."""
    zones = sorted((sys / "class/thermal").glob("thermal_zone*"))
    ranked = sorted(zones, key=lambda zone: _rank(_text(zone / "type")))
    readings = (_number(zone / "temp") for zone in ranked)
    milli = next((reading for reading in readings if reading is not None), None)
    return None if milli is None else milli / 1000.0


def power(sys: Path = SYS) -> Power:
    """What the firmware of a Raspberry Pi says of its supply.

    The kernel's `rpi_volt` sensor knows under-voltage of now; `get_throttled` knows the rest, and what was since the
    boot. The kernel calls that file deprecated, once a boot in its log, and offers nothing else that is a file.
    """
    alarms = [_number(sensor / "in0_lcrit_alarm") for sensor in _sensors(sys, "rpi_volt")]
    alarm = next((bool(one) for one in alarms if one is not None), None)
    bits = _throttled(sys)
    if bits is None:
        return Power(Trouble(alarm, None))
    low = bool(bits & _UNDER_VOLTAGE) or bool(alarm)
    was_low = bool(bits >> _SINCE_BOOT & _UNDER_VOLTAGE) or low
    slow = bool(bits & _SLOWED)
    return Power(Trouble(low, was_low), Trouble(slow, bool(bits >> _SINCE_BOOT & _SLOWED) or slow))


def disk(folder: Path) -> Disk | None:
    """The room on the file system of `folder`, as an unprivileged service has it; None where it cannot be asked."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return Disk(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


def _rank(kind: str) -> int:
    return _PROCESSOR.index(kind) if kind in _PROCESSOR else len(_PROCESSOR)


def _sensors(sys: Path, name: str) -> Iterator[Path]:
    return (sensor for sensor in sorted((sys / "class/hwmon").glob("hwmon*")) if _text(sensor / "name") == name)


def _throttled(sys: Path) -> int | None:
    # soc/soc:firmware on a Pi 4, soc@107c000000/soc@107c000000:firmware on a Pi 5.
    for file in sorted((sys / "devices/platform").glob("soc*/*:firmware/get_throttled")):
        try:
            return int(_text(file), 16)
        except ValueError:
            continue
    return None


def _number(file: Path) -> int | None:
    try:
        return int(_text(file))
    except ValueError:
        return None


def _text(file: Path) -> str:
    """The content, or nothing: a sensor may be absent, or refuse to be read just now."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
