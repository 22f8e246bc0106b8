"""Where the nightly backup goes, and who can open it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from edge.config.check import Between


@dataclass(frozen=True, slots=True)
class Backup:
    """`key_file`: the office's public key (X25519), for whom each backup is sealed; without it none is made. `folder`:
    a stick or a share is to be mounted there. `keep`: how many, the newest, of this device.
    """

    key_file: Path | None = None
    folder: Path = Path("/var/backups/edge")
    keep: Annotated[int, Between(1, 365)] = 14
