"""Reading a TOML file key by key, so that every complaint names the file, the key and what belongs there."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import DataError


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a TOML file. Every reader raises DataError when the key is missing or of another kind."""

    file: Path
    where: str
    values: Mapping[str, Any]

    def key(self, name: str) -> str:
        """The dotted name of one of this table's keys."""
        return f"{self.where}.{name}" if self.where else name

    def refuse(self, name: str, problem: str, hint: str) -> DataError:
        """The error to raise about one key."""
        return DataError(f"{self.file}: {self.key(name)} {problem}", hint=hint)

    def has(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        value = self._get(name, "a text")
        if not isinstance(value, str) or not value:
            raise self.refuse(name, f"is {value!r}", "a text that is not empty belongs here")
        return value

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise self.refuse(name, f"is {value!r}", f"one of {', '.join(allowed)} belongs here")
        return value

    def integer(self, name: str, at_least: int = 1) -> int:
        value = self._get(name, "a whole number")
        if not isinstance(value, int) or isinstance(value, bool) or value < at_least:
            raise self.refuse(name, f"is {value!r}", f"a whole number of at least {at_least} belongs here")
        return value

    def number(self, name: str) -> float:
        value = self._get(name, "a number")
        if not _is_number(value):
            raise self.refuse(name, f"is {value!r}", "a finite number belongs here")
        return float(value)

    def flag(self, name: str) -> bool:
        value = self._get(name, "true or false")
        if not isinstance(value, bool):
            raise self.refuse(name, f"is {value!r}", "true or false belongs here")
        return value

    def numbers(self, name: str, count: int | None = None) -> tuple[float, ...]:
        value = self._get(name, "a list of numbers")
        if not isinstance(value, list) or not value or not all(map(_is_number, value)):
            raise self.refuse(name, f"is {value!r}", "a list of finite numbers belongs here")
        if count is not None and len(value) != count:
            raise self.refuse(name, f"has {len(value)} numbers", f"exactly {count} belong here")
        return tuple(map(float, value))

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._get(name, "a list of texts")
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
            raise self.refuse(name, f"is {value!r}", "a list of texts that are not empty belongs here")
        return tuple(value)

    def integers(self, name: str, at_least: int = 1) -> tuple[int, ...]:
        numbers = self.numbers(name)
        if any(n != int(n) or n < at_least for n in numbers):
            raise self.refuse(name, f"is {self.values[name]!r}", f"whole numbers of at least {at_least} belong here")
        return tuple(map(int, numbers))

    def table(self, name: str) -> Table:
        value = self._get(name, "a table")
        if not isinstance(value, dict):
            raise self.refuse(name, f"is {value!r}", f"a table [{self.key(name)}] belongs here")
        return Table(self.file, self.key(name), value)

    def tables(self, name: str) -> tuple[Table, ...]:
        value = self._get(name, "a list of tables")
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.refuse(name, f"is {value!r}", f"one or more tables [[{self.key(name)}]] belong here")
        return tuple(Table(self.file, f"{self.key(name)}[{i}]", v) for i, v in enumerate(value))

    def _get(self, name: str, kind: str) -> Any:
        if name not in self.values:
            raise self.refuse(name, "is missing", f"{kind} belongs here")
        return self.values[name]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_toml(path: Path) -> Table:
    """The file's top table. Raises DataError when it cannot be read or is no TOML."""
    try:
        return Table(path, "", tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as failure:
        raise DataError(
            f"{path} cannot be read: {failure.strerror or failure}", hint="check the path and its permissions"
        ) from failure
    except UnicodeDecodeError as failure:
        raise DataError(f"{path} is not UTF-8 text: {failure.reason}", hint="restore the file") from failure
    except tomllib.TOMLDecodeError as failure:
        raise DataError(f"{path} is not TOML: {failure}", hint="correct the line that is named") from failure
