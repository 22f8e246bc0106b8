"""Who plays: portraits from a folder, different people for the tuning set and the measured one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from numpy.random import Generator

from edge.errors import DataError
from edge.rig.drawn import Cast
from edge.rig.portrait import Fit, Portrait, load_portrait

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_TRIES = 50


def people_below(folder: Path) -> dict[str, list[Path]]:
    """Portraits by person: `<person>/<file>`, or files whose names begin alike up to a digit. Raises DataError."""
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder", hint="it should hold portraits, or a folder of them for each person")
    people: dict[str, list[Path]] = {}
    for path in sorted((*folder.glob("*"), *folder.glob("*/*"))):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            name = path.stem.rstrip("0123456789_-") if path.parent == folder else path.parent.name
            people.setdefault(name or path.stem, []).append(path)
    if len(people) < 4:
        raise DataError(f"{folder} holds portraits of {len(people)} people", hint="at least four are needed")
    return people


def cast_of(people: dict[str, list[Path]], which: str) -> dict[str, list[Path]]:
    """The people of one set: every other one in an order that has nothing to do with names. What is measured on takes
    others than what limits are chosen on.
    """
    order = sorted(people, key=lambda name: hashlib.sha256(name.encode()).digest())
    return {name: people[name] for name in order[which in ("measured", "slow") :: 2]}


class Company:
    """The people of one set. A picture of which no head can be made is passed over for another."""

    def __init__(self, folder: Path, which: str, fit: Fit) -> None:
        self._folder = folder
        self._people = cast_of(people_below(folder), which)
        self._fit = fit

    def cast(self, rng: Generator) -> Cast:
        """Two people drawn at random. Raises DataError when no picture can be used."""
        shown = self._portrait(rng, "")
        return Cast(shown, self._portrait(rng, shown.name))

    def pictures_of(self, name: str) -> list[Path]:
        """All portraits of a person of this set."""
        return self._people[name]

    def _portrait(self, rng: Generator, but: str) -> Portrait:
        names = [name for name in self._people if name != but]
        last = ""
        for _ in range(_TRIES):
            name = names[int(rng.integers(len(names)))]
            files = self._people[name]
            try:
                return load_portrait(files[int(rng.integers(len(files)))], self._fit, name)
            except DataError as error:
                last = str(error)
        raise DataError(f"no portrait below {self._folder} can be used: {last}", hint="faces must look ahead")
