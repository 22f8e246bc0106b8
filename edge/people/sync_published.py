"""What the office has published of a zone's roster, in a file beside the roster it comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from edge.errors import DataError, HardwareError
from edge.store.keys import sync_folder

_FORMAT = "edge zone, published, 1"


@dataclass(frozen=True, slots=True)
class Listed:
    """A person at the gates: since which version the record is as it is, a keyed hash of it, and whether revoked."""

    version: int
    tag: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Published:
    """A version: everybody in it by id, and the versions in which others were removed."""

    version: int = 0
    people: Mapping[str, Listed] = field(default_factory=lambda: MappingProxyType({}))
    gone: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def published_file(state: Path, zone: str) -> Path:
    """Where it stands."""
    return state / "zones" / f"{zone}.json"


def read_published(path: Path) -> Published:
    """What was published; nothing when there is no file. Raises DataError when it is damaged."""
    try:
        fields = json.loads(path.read_bytes())
        if fields["format"] != _FORMAT:
            raise ValueError("written by another version of edge")
        people = {
            name: Listed(int(at), str(tag), bool(revoked)) for name, (at, tag, revoked) in fields["people"].items()
        }
        return Published(int(fields["version"]), people, {name: int(at) for name, at in fields["gone"].items()})
    except FileNotFoundError:
        return Published()
    except OSError as error:
        raise HardwareError(f"{path}: cannot be read: {error.strerror}", hint="run as its owner") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: damaged: {error}", hint="move it away: then the whole roster is published") from error


def write_published(path: Path, published: Published) -> None:
    """Replace the file; after the return it survives a power cut. Raises HardwareError."""
    plain = {
        "format": _FORMAT,
        "version": published.version,
        "people": {name: [one.version, one.tag, one.revoked] for name, one in published.people.items()},
        "gone": dict(published.gone),
    }
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(plain, file)
            file.flush()
            os.fsync(handle)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise HardwareError(f"{path}: cannot be written: {error.strerror}", hint="check the disk") from error
