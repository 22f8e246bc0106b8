"""The files for systemd that a version brings, and which of them are in force while another version watches it.

They are package data, so they come with the wheel, under the signature of the bundle. A unit comes from the version
that it runs: one that starts `trusted` from the version that is trusted, all others from the one that `current` names.
So whatever a version on probation brings, the units that watch it and take it back are not its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError
from edge.update.layout import DEFAULT_ROOT, TRUSTED, translated

UNITS = "etc/systemd/system"
DROP_INS = {
    "sysusers.d": "etc/sysusers.d",
    "tmpfiles.d": "etc/tmpfiles.d",
    "system.conf.d": "etc/systemd/system.conf.d",
    "journald.conf.d": "etc/systemd/journald.conf.d",
}
"""Folders of `systemd/` and where they go, counted from the root; the units themselves go to `UNITS`."""
_UNIT = re.compile(r"edge(-[a-z0-9]+)*\.(service|timer|path|socket|target)")
_DROP_IN = re.compile(r"edge(-[a-z0-9]+)*\.conf")
_PACKED = "lib/python3*/site-packages/edge/_data/systemd"
_WATCHES = re.compile(rf"^ExecStart={DEFAULT_ROOT / TRUSTED}/", re.MULTILINE)
_MOST_BYTES = 65536

Files = dict[str, bytes]
"""Contents by place, like `etc/systemd/system/edge.service`."""


def read_files(source: Path) -> Files:
    """Those in a folder like `systemd/`. Raises DataError for a file whose name is not ours, or that is no file;
    HardwareError for what cannot be read.
    """
    found: Files = {}
    with translated(source):
        for entry in sorted(source.iterdir()):
            if entry.name in DROP_INS:
                for file in sorted(entry.iterdir()):
                    found[f"{DROP_INS[entry.name]}/{file.name}"] = _read(file, _DROP_IN)
            else:
                found[f"{UNITS}/{entry.name}"] = _read(entry, _UNIT)
    return found


def is_unit(place: str) -> bool:
    """Whether it goes to where systemd has its units."""
    return place.rpartition("/")[0] == UNITS


def shipped(version: Path) -> Files:
    """Those of an installed version; none where it was not installed from a wheel. Raises DataError, HardwareError."""
    packed = list(version.glob(_PACKED))
    return read_files(packed[0]) if len(packed) == 1 else {}


@dataclass(frozen=True, slots=True)
class Pair:
    """The folders of two versions: the one that runs, and the trusted one, which watches it."""

    running: Path
    watching: Path

    def files(self) -> Files:
        """What is in force; empty where one of the two brings nothing. Raises DataError, HardwareError."""
        running, watching = shipped(self.running), shipped(self.watching)
        if not running or not watching:
            return {}
        found = {place: data for place, data in watching.items() if _is_watching(place, watching)}
        mine = {place: data for place, data in running.items() if not _is_watching(place, running)}
        return mine | found


def _read(file: Path, named: re.Pattern[str]) -> bytes:
    if not named.fullmatch(file.name) or file.is_symlink() or not file.is_file():
        raise DataError(f"{file}: no file of edge's for systemd", hint="a name begins with edge, and it is no link")
    data = file.read_bytes()
    if len(data) > _MOST_BYTES:
        raise DataError(f"{file}: too large for a unit", hint="make the release anew")
    return data


def _is_watching(place: str, files: Files) -> bool:
    """Whether the unit, or the one that its timer, path or socket starts, runs the trusted version."""
    name = place.rpartition("/")[2]
    service = files.get(f"{UNITS}/{name.rpartition('.')[0]}.service", b"")
    return is_unit(place) and _WATCHES.search(service.decode(errors="replace")) is not None
