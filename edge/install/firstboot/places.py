"""Where things lie on a device, counted from a root that is `/` on a real one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from edge.store.keys import sync_folder


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
