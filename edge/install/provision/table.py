"""A hundred devices that differ in a few values: one description, and a table with a line for each device."""

from __future__ import annotations

import copy
import csv
import io
from pathlib import Path
from typing import Any

from edge.config import read_file
from edge.errors import ConfigError
from edge.install.provision.description import Described, describe

MOST_DEVICES = 1000
_WORDS = {"true": True, "false": False}


def load_many(base: Path, table: Path) -> list[Described]:
    """The description with the values of each line of the table. Raises ConfigError with the mistakes of all lines.

    The head names keys, like `device.id` or `wifi.password`. An empty cell leaves what the description says. A cell is
    of the kind that the description has there, and text where it has nothing; lists are divided by `;`.
    """
    _, tables = read_file(base)
    found: list[Described] = []
    mistakes: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for number, line in _lines(table):
        where = f"{table}:{number}"
        try:
            one = describe(_filled(tables, line, where), base.absolute().parent, where)
        except ConfigError as error:
            mistakes.append(error.message)
            continue
        device = one.description.device
        first = seen.setdefault((device.site, device.id), number)
        if first != number:
            mistakes.append(f"{where}: device.id: {device.site}/{device.id} stands in line {first} already")
        found.append(one)
    if mistakes:
        raise ConfigError("\n".join(mistakes), hint="mend these lines; nothing was made for the others either")
    return found


def _lines(table: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = table.read_text(encoding="utf-8-sig")  # as spreadsheets save it
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{table}: cannot be read: {error}", hint="save it as CSV in UTF-8") from error
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        if "device.id" not in head or len(set(head)) != len(head) or "" in head:
            raise ConfigError(f"{table}: the first line names keys, each once, and device.id", hint="docs/install.md")
        lines = []
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(head):
                raise ConfigError(f"{table}:{reader.line_num}: has {len(cells)} cells instead of {len(head)}")
            lines.append((reader.line_num, dict(zip(head, (cell.strip() for cell in cells), strict=True))))
    except csv.Error as error:
        raise ConfigError(f"{table}:{reader.line_num}: {error}", hint="save it as CSV in UTF-8") from error
    if not 1 <= len(lines) <= MOST_DEVICES:
        raise ConfigError(f"{table}: has {len(lines)} devices, 1 to {MOST_DEVICES} are wanted")
    return lines


def _filled(tables: dict[str, Any], line: dict[str, str], where: str) -> dict[str, Any]:
    filled = copy.deepcopy(tables)
    for name, cell in line.items():
        if not cell:
            continue
        *path, last = name.split(".")
        table = filled
        for part in path:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise ConfigError(f"{where}: {name}: there is no such table in the description")
        table[last] = _value(cell, table.get(last, ""), f"{where}: {name}")
    return filled


def _value(cell: str, like: object, where: str) -> Any:
    try:
        if isinstance(like, bool):
            return _WORDS[cell.lower()]
        if isinstance(like, int):
            return int(cell)
        if isinstance(like, float):
            return float(cell)
        if isinstance(like, list):
            kind = like[0] if like else ""
            return [_value(part.strip(), kind, where) for part in cell.split(";")]
    except (ValueError, KeyError) as error:
        raise ConfigError(f"{where}: {cell!r} should be like {like!r}, as in the description") from error
    if isinstance(like, dict):
        raise ConfigError(f"{where}: is a table; name a key in it")
    return cell
