"""Where new versions come from, and whose signature they need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from edge.config.check import Check


def _source(value: str) -> str:
    parts = urlsplit(value)
    good = not value or value.startswith("/") or (parts.scheme == "https" and parts.hostname and not parts.query)
    return "" if good else f"{value!r} should be a folder like /media/edge, or an address that begins with https://"


Source = Annotated[str, Check(_source)]


@dataclass(frozen=True, slots=True)
class Update:
    """`key_file`: the public key (Ed25519, PEM or minisign) whose bundles are installed; without it the office's order
    `update` is refused. `source`: the folder or https address below which bundles lie. `folder`: that of the versions.
    """

    key_file: Path | None = None
    source: Source = ""
    folder: Path = Path("/opt/edge")
