"""The configuration that the office desires: an overlay, in the shape of the TOML file, over the device's own file.

Pure: nothing here reads or writes. What comes from afar is judged by the same schema as the file, and may not touch
who the device is, whom it obeys, how its door is wired, or where its files lie.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from edge.config import check_table
from edge.config.check import Key, Problems
from edge.config.schema import Config
from edge.errors import DataError

Tables: TypeAlias = Mapping[str, Mapping[str, Any]]

LIVE = frozenset({"lock", "access"})
"""The tables whose changes can be applied while the device runs; any other takes a restart."""

_KEPT: Mapping[str, frozenset[str] | None] = {
    "device": frozenset({"id", "site"}),
    "store": frozenset({"state_dir", "runtime_dir"}),
    "office": None,  # every key of it
    "update": None,  # whose versions it installs
    "service": None,  # who opens the device's own page
    "backup": None,  # for whom everything on the device is sealed
    "door": None,  # how it is wired; with another relay pin the device is reached as before, and the door is dead
    "card": None,  # likewise
    "card_inside": None,
    "keypad": None,
    "station": frozenset({"wiring", "reference"}),
    # At whose word events are deleted, and how a broker proves that it is the right one: otherwise a trial would be
    # confirmed by whoever answers, and every event told to them in the clear.
    "uplink": frozenset({"sink_key_file", "tls", "ca_file", "registration_port"}),
}
_OF_EACH: Mapping[str, frozenset[str]] = {"bins": frozenset({"opening", "rim_zone"})}
"""Tables of tables, and what an overlay may say of each of them: of a bin where the camera sees it. What it does not
name of one stays; all else of a bin is wiring.
"""
_MOST_DEPTH = 5  # a table, a key, a table of names, a key of theirs, a list
_MOST_PROBLEMS = 20
_MOST_TEXT = 300
_LARGEST_VERSION = 1 << 53  # the largest whole number that every JSON reader keeps


@dataclass(frozen=True, slots=True)
class Desired:
    """Version `version` of the overlay. No value of this type is nested deeper than a configuration can be."""

    version: int
    tables: Tables

    def __post_init__(self) -> None:
        if type(self.version) is not int or not 1 <= self.version <= _LARGEST_VERSION:
            raise DataError("the version is no whole number from 1", hint="count them up: --version")
        if not isinstance(self.tables, Mapping) or not all(isinstance(one, Mapping) for one in self.tables.values()):
            raise DataError("the configuration is no table of tables", hint="write it like the TOML file")
        _check_plain(self.tables, _MOST_DEPTH)

    @property
    def content(self) -> str:
        """Names what it says, whatever the version: SHA-256 of its canonical JSON."""
        return hashlib.sha256(_canonical(self.tables)).hexdigest()


def read_claims(claims: Mapping[str, Any], audience: str) -> Desired:
    """What a token of the kind edge-config desires of the device `audience`. Raises DataError."""
    if claims.get("aud") != audience:
        raise DataError("meant for another device", hint=f"sign it for {audience}")
    return Desired(claims.get("version"), claims.get("config"))  # type: ignore[arg-type]  # it checks them


def lay_over(table: Mapping[str, Any], tables: Tables) -> dict[str, Any]:
    """The file's tables, each key that the overlay names replaced as a whole; of a bin each of its keys.

    An overlay that chooses another driver replaces that driver's whole table: the keys of the one before mean nothing.
    """
    result = dict(table)
    for name, keys in tables.items():
        found = table.get(name)
        below = found if isinstance(found, Mapping) else {}
        other = name not in _OF_EACH and keys.get("driver", below.get("driver")) != below.get("driver")
        result[name] = _over(name, {} if other else below, keys)
    return result


def merged(tables: Tables, changes: Tables) -> dict[str, dict[str, Any]]:
    """An overlay with further keys; what it says of them already is replaced."""
    result = {name: dict(keys) for name, keys in tables.items()}
    for name, keys in changes.items():
        result[name] = _over(name, result.get(name, {}), keys)
    return result


def _over(table: str, below: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    if table not in _OF_EACH:
        return {**below, **keys}
    result = dict(below)
    for name, part in keys.items():
        before = below.get(name)
        if isinstance(before, Mapping) and isinstance(part, Mapping):
            part = {**before, **part}
        result[name] = part
    return result


def effective(table: Mapping[str, Any], folder: Path, tables: Tables) -> tuple[Config | None, tuple[str, ...]]:
    """The configuration that file and overlay make together, or None and what is wrong with it."""
    problems = forbidden(tables)
    config, more = check_table(lay_over(table, tables), folder)
    problems.extend(more)
    told = [f"{'.'.join(key) or 'file'}: {what}"[:_MOST_TEXT] for key, what in problems]
    return (None if told else config), tuple(told[:_MOST_PROBLEMS])


def difference(old: Config, new: Config) -> frozenset[str]:
    """The names of the tables that differ."""
    names = (field.name for field in dataclasses.fields(Config))
    return frozenset(name for name in names if getattr(old, name) != getattr(new, name))


def digest(config: Config) -> str:
    """SHA-256 of the configuration as canonical JSON, defaults included: equal for equal configurations."""
    return hashlib.sha256(_canonical(as_json(config))).hexdigest()


def as_json(value: Any) -> Any:
    """A configuration, or a part of one, as JSON values; paths as text."""
    if dataclasses.is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def forbidden(tables: Tables) -> Problems:
    """The keys that no overlay may set."""
    told = "is set on the device alone"
    keys: list[Key] = [
        (table, key) for table, kept in _KEPT.items() for key in tables.get(table, ()) if kept is None or key in kept
    ]
    for table, free in _OF_EACH.items():
        for name, part in tables.get(table, {}).items():
            if isinstance(part, Mapping):
                keys += [(table, name, key) for key in part if key not in free]
            else:
                keys.append((table, name))
    return [(key, told) for key in keys]


def _canonical(value: Any) -> bytes:
    try:
        return json.dumps(as_json(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    except TypeError as error:  # TOML has dates and times, which no key of a configuration takes
        raise DataError(f"a value is none of a configuration: {error}", hint="write dates as text") from error


def _check_plain(value: object, depth: int) -> None:
    """Bounds what a stranger could nest, and keeps out text that cannot be written."""
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise DataError("a text is no Unicode", hint="save it as UTF-8")
    if isinstance(value, Mapping | list):
        if depth == 0:
            raise DataError("nested too deeply for a configuration", hint="write it like the TOML file")
        for item in value:
            _check_plain(item, depth - 1)
        if isinstance(value, Mapping):
            for item in value.values():
                _check_plain(item, depth - 1)
