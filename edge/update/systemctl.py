"""What is told to systemd: below another root than `/` links are made and removed, and nothing is started."""

from __future__ import annotations

import subprocess
from pathlib import Path

from edge.errors import HardwareError

_LIMIT_S = 120.0
_USERS = "edge-users.service"


class Systemctl:
    """`systemctl`. Methods raise HardwareError."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._live = root == Path("/")

    def reload(self) -> None:
        """Read the units again."""
        if self._live:
            self._run("daemon-reload")

    def make_users(self) -> None:
        """Make the users and folders that sysusers.d and tmpfiles.d ask for: before the units that need them start."""
        root = [] if self._live else [f"--root={self._root}"]
        run(["systemd-sysusers", *root, "edge.conf"])
        run(["systemd-tmpfiles", *root, "--create", "edge.conf"])

    def have_users_made(self) -> None:
        """The same by a unit of its own, for whoever may not write where users stand."""
        if self._live:
            self._run("start", _USERS)

    def enable(self, unit: str) -> None:
        """Start it at every boot."""
        self._run("enable", unit)

    def preset(self, unit: str) -> None:
        """Start it at every boot, and from now on, unless the presets of this machine say otherwise."""
        self._run("preset", unit)
        if self._live and _ended(["systemctl", "is-enabled", "--quiet", unit]).returncode == 0:
            self.start(unit)

    def disable(self, unit: str) -> None:
        """Start it at no boot any more."""
        self._run("disable", unit)

    def forget(self, unit: str) -> None:
        """Remove what it has fetched into its cache."""
        if self._live:
            self._run("clean", "--what=cache", unit)

    def start(self, unit: str) -> None:
        """Start it now, and do not wait until it is up."""
        if self._live:
            self._run("start", "--no-block", unit)

    def stop(self, unit: str) -> None:
        """End it, if it is there."""
        if self._live:
            self._run("stop", unit)

    def begin_anew(self, unit: str) -> None:
        """Have it take up a changed file, if it is active."""
        if self._live:
            self._run("try-restart", unit)

    def _run(self, *words: str) -> None:
        root = [] if self._live else [f"--root={self._root}"]
        run(["systemctl", *root, *words])


def run(command: list[str]) -> None:
    """Run a program to its end. Raises HardwareError with what it said."""
    done = _ended(command)
    if done.returncode != 0:
        said = done.stderr.strip()[-300:]
        raise HardwareError(f"{' '.join(command)}: {said}", hint="see journalctl -n 50")


def _ended(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HardwareError(f"{command[0]}: {error}", hint="is systemd here?") from error
