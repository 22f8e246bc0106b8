"""The lists of pictures and pairs that `edge eval faces` reads."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, as paths below the set's folder, and whether they show the same person."""

    a: str
    b: str
    same: bool


def people_in(folder: Path) -> dict[str, list[str]]:
    """`<person>/<file>` below the folder: person -> paths relative to it, both sorted."""
    people = {
        person.name: sorted(
            f"{person.name}/{file.name}" for file in person.iterdir() if file.suffix.lower() in SUFFIXES
        )
        for person in sorted(folder.iterdir() if folder.is_dir() else ())
        if person.is_dir()
    }
    found = {person: files for person, files in people.items() if files}
    if not found:
        raise DataError(f"no pictures below {folder}", hint="it should hold <person>/<file>.jpg")
    return found


def read_pairs(path: Path) -> list[Pair]:
    """A CSV file with the header `a,b,same`, or LFW's own pairs.txt. Raises DataError naming the line."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}", hint="give the list of pairs with --pairs") from error
    if lines and lines[0].replace(" ", "") == "a,b,same":
        pairs = [_csv_pair(row, path, number) for number, row in enumerate(csv.reader(lines[1:]), start=2) if row]
    else:
        pairs = [
            _lfw_pair(line.split(), path, number) for number, line in enumerate(lines[1:], start=2) if line.strip()
        ]
    if not any(pair.same for pair in pairs) or all(pair.same for pair in pairs):
        raise DataError(f"{path}: needs pairs of the same person and pairs of two people", hint="see docs/commands.md")
    return pairs


def _csv_pair(row: list[str], path: Path, number: int) -> Pair:
    if len(row) != 3 or row[2].strip() not in ("0", "1"):
        raise DataError(f"{path}:{number}: {row} is not a,b,same", hint="two paths, then 1 or 0")
    return Pair(row[0].strip(), row[1].strip(), row[2].strip() == "1")


def _lfw_pair(words: list[str], path: Path, number: int) -> Pair:
    def picture(person: str, place: str) -> str:
        return f"{person}/{person}_{int(place):04d}.jpg"

    try:
        if len(words) == 3:
            return Pair(picture(words[0], words[1]), picture(words[0], words[2]), same=True)
        if len(words) == 4:
            return Pair(picture(words[0], words[1]), picture(words[2], words[3]), same=False)
    except ValueError:
        pass
    raise DataError(f"{path}:{number}: {' '.join(words)!r} is no pair of LFW's list", hint="name n m, or name n name m")
