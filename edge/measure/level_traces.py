"""Recorded traces of level sensors: CSV files, read strictly, with the line named where one does not hold."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.errors import DataError

COLUMNS = ("time_s", "sensor", "distance_mm", "load_g", "temperature_c", "event", "wall")
EVENTS = ("drop", "absent", "reboot", "lid_open", "lid_closed")
HINT = "docs/levels.md describes the columns"
MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a trace: monotonic seconds, and either a reading or an event. `wall_us`: the wall clock was set."""

    time_s: float
    sensor: str = "level"
    distance_mm: float | None = None
    load_g: float | None = None
    temperature_c: float | None = None
    event: str = ""
    wall_us: int | None = None


def read_trace(path: Path) -> Iterator[Row]:
    """The rows of a CSV file. Lines that begin with # are comments. Raises DataError with the line's number."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES >> 20} MiB", hint="split it")
        with path.open(encoding="utf-8", newline="") as file:
            yield from _rows(path, file)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", hint=HINT) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is no CSV text: {error}", hint=HINT) from error


def _rows(path: Path, lines: Iterable[str]) -> Iterator[Row]:
    header: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        if not header:
            header = _header(path, number, cells)
            continue
        if len(cells) != len(header):
            raise DataError(f"{path}:{number}: {len(cells)} values for {len(header)} columns", hint=HINT)
        yield _row(f"{path}:{number}", dict(zip(header, cells, strict=True)))
    if not header:
        raise DataError(f"{path} is empty: the first line names the columns", hint=HINT)


def _header(path: Path, number: int, cells: list[str]) -> list[str]:
    unknown = [cell for cell in cells if cell not in COLUMNS]
    if unknown or "time_s" not in cells or len(set(cells)) < len(cells):
        what = f"no such column {unknown[0]!r}" if unknown else "time_s is wanted, and each column once"
        raise DataError(f"{path}:{number}: {what}; known are {', '.join(COLUMNS)}", hint=HINT)
    return cells


def _row(where: str, cells: dict[str, str]) -> Row:
    time_s = _number(where, cells, "time_s")
    if time_s is None:
        raise DataError(f"{where}: time_s is missing", hint=HINT)
    event = cells.get("event", "")
    if event and event not in EVENTS:
        raise DataError(f"{where}: no such event {event!r}; known are {', '.join(EVENTS)}", hint=HINT)
    row = Row(
        time_s,
        cells.get("sensor") or "level",
        _number(where, cells, "distance_mm"),
        _number(where, cells, "load_g"),
        _number(where, cells, "temperature_c"),
        event,
        _wall(where, cells.get("wall", "")),
    )
    if event and not (row.distance_mm is None and row.load_g is None):
        raise DataError(f"{where}: a reading and an event are two lines", hint=HINT)
    return row


def _number(where: str, cells: dict[str, str], name: str) -> float | None:
    text = cells.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{where}: {name} should be a number, and is {text!r}", hint=HINT)
    return value


def _wall(where: str, text: str) -> int | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)
    except (ValueError, OverflowError, OSError) as error:
        raise DataError(f"{where}: wall should be a time like 2027-01-01T08:00:00+08:00", hint=HINT) from error
