"""Where things lie on a device, counted from a root that is `/` on a real one; and what is told to systemd."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from edge.errors import HardwareError
from edge.store.keys import sync_folder

_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Places:
    """`card`: the folder `edge` on the boot partition."""

    card: Path
    root: Path = Path("/")

    @property
    def boot(self) -> Path:
        """The boot partition."""
        return self.card.parent

    @property
    def etc(self) -> Path:
        """Configuration, certificates."""
        return self.root / "etc/edge"

    @property
    def state(self) -> Path:
        """The daemon's state directory."""
        return self.root / "var/lib/edge"

    @property
    def own(self) -> Path:
        """What the first boot remembers of itself."""
        return self.root / "var/lib/edge-firstboot"

    @property
    def units(self) -> Path:
        """systemd's units of this machine."""
        return self.root / "etc/systemd/system"

    @property
    def venv(self) -> Path:
        """The installed program."""
        return self.root / "opt/edge/.venv"

    @property
    def request(self) -> Path:
        """What the office has to see."""
        return self.own / "registration.request"


def put(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a file in one step, durably: after a power cut it is the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)  # also where a power cut had left it behind
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


class Systemd:
    """`systemctl`; below another root than `/` it only makes and removes links, and starts nothing."""

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

    def enable(self, unit: str) -> None:
        """Start it at every boot."""
        self._run("enable", unit)

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

    def _run(self, *words: str) -> None:
        root = [] if self._live else [f"--root={self._root}"]
        run(["systemctl", *root, *words])


def run(command: list[str]) -> None:
    """Run a program to its end. Raises HardwareError with what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HardwareError(f"{command[0]}: {error}", hint="it is tried again in half a minute") from error
    if done.returncode != 0:
        said = done.stderr.strip()[-300:]
        raise HardwareError(f"{' '.join(command)}: {said}", hint="it is tried again in half a minute")
