"""The units of a version as part of its update: looked at before the switch, changed with it, put back with it.

Whoever updates does not write them itself. What is to be in force is noted in a file beside the journal, and
edge-units.service, which alone of all units may write where systemd reads, makes it so: it does not take a file from
anywhere but the folders of installed versions, which are made from signed bundles.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.errors import DataError
from edge.update.journal import read_whole, write_whole
from edge.update.layout import CURRENT, TRUSTED, Layout
from edge.update.others import note_others, read_others
from edge.update.placing import differing, place
from edge.update.shipped import UNITS, Files, Pair, shipped
from edge.update.systemctl import Systemctl, run
from edge.update.unitcheck import complaints

log = logging.getLogger(__name__)

CHANGE = "units.json"
PLACER = "edge-units.service"


@dataclass(frozen=True, slots=True)
class Change:
    """From the files of one pair of versions to those of another."""

    former: Pair
    latter: Pair


class Units(Protocol):
    """The files of versions in their place on this machine."""

    def check(self, version: Path) -> None:
        """Whether systemd takes what the version brings. Raises DataError."""

    def change(self, change: Change) -> str:
        """Carry it out, or do it again; what somebody should know, or nothing. Raises DataError, HardwareError."""


class Unmanaged:
    """Nobody has installed units here, or systemd does not run."""

    def check(self, version: Path) -> None:
        shipped(version)

    def change(self, change: Change) -> str:  # noqa: ARG002
        return ""


class Installed:
    """Those of a running machine. `root`: where its files are counted from; `start`: has the placer do its work, and
    returns when it has ended. Raises HardwareError where it has failed.
    """

    def __init__(self, layout: Layout, root: Path = Path("/"), start: Callable[[], object] | None = None) -> None:
        self._layout = layout
        self._root = root
        self._start = start or (lambda: run(["systemctl", "start", PLACER]))

    def check(self, version: Path) -> None:
        """What systemd does not take of the version that runs either is not the new one's fault."""
        files = shipped(version)
        if not (said := complaints(files, version)):
            return
        current = self._layout.folder(CURRENT)
        if current is None or not complaints(shipped(current), current):
            raise DataError(f"systemd does not take its units: {said}", hint="systemd-analyze verify shows more")
        log.warning("systemd takes neither the units that are in place nor the new ones: %s", said)

    def change(self, change: Change) -> str:
        former, latter = change.former.files(), change.latter.files()
        if not former or not latter:
            log.warning("units stay as they are: a version that was not installed from a wheel brings none")
            return ""
        if former == latter:
            return ""
        note_others(self._layout, self._root, former, latter)
        write_change(self._layout, change)
        self._start()
        left = differing(self._root, latter)
        return f"not as it brings them: {', '.join(left)}" if left else ""


def find_units(layout: Layout, root: Path = Path("/")) -> Units:
    """How this machine has its units."""
    managed = shutil.which("systemctl") and (root / "run/systemd/system").is_dir()
    return Installed(layout, root) if managed and (root / UNITS / PLACER).is_file() else Unmanaged()


def left_in_place(layout: Layout, root: Path = Path("/")) -> list[str]:
    """The files that are not as the versions that run bring them; none where nobody has installed them."""
    current, trusted = layout.folder(CURRENT), layout.folder(TRUSTED)
    if current is None or trusted is None or isinstance(find_units(layout, root), Unmanaged):
        return []
    return differing(root, Pair(current, trusted).files())


def carry_out(layout: Layout, root: Path, systemctl: Systemctl) -> Files:
    """What edge-units.service does: the change that is noted, or else those of the versions that run now, where they
    differ. Returns what should be in place. Raises DataError, HardwareError, ReadOnlyError.
    """
    change = read_change(layout)
    if change is None:
        current, trusted = layout.folder(CURRENT), layout.folder(TRUSTED)
        if current is None or trusted is None:
            raise DataError(f"{layout.root / CURRENT} names no version", hint="first: edge update adopt")
        change = Change(Pair(current, trusted), Pair(current, trusted))
    former, latter = change.former.files(), change.latter.files()
    if not former or not latter:
        raise DataError("a version that was not installed from a wheel brings no units", hint="see: docs/update.md")
    place(root, former, latter, systemctl, read_others(layout))
    return latter


def write_change(layout: Layout, change: Change) -> None:
    """Durable when it returns. Raises HardwareError."""
    pairs = {"former": change.former, "latter": change.latter}
    write_whole(
        layout.work / CHANGE,
        {name: {"running": str(one.running), "watching": str(one.watching)} for name, one in pairs.items()},
    )


def read_change(layout: Layout) -> Change | None:
    """None where none is noted. Raises DataError, also for folders that are no versions of this machine's."""
    body = read_whole(layout.work / CHANGE)
    if body is None:
        return None
    try:
        former, latter = (_pair(body[name]) for name in ("former", "latter"))
    except (KeyError, TypeError) as error:
        raise DataError(f"{layout.work / CHANGE} is damaged", hint="edge update resume puts things right") from error
    for folder in (former.running, former.watching, latter.running, latter.watching):
        if not folder.is_relative_to(layout.root.resolve()):
            raise DataError(f"{folder} is no version below {layout.root}", hint="edge update resume puts things right")
    return Change(former, latter)


def _pair(said: dict[str, str]) -> Pair:
    return Pair(Path(said["running"]).resolve(), Path(said["watching"]).resolve())
