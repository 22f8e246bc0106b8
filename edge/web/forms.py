"""Forms made of the configuration's own schema: which keys of a table can be changed here, and what was typed there.

The schema judges; here only text becomes a value of the key's kind.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from edge.config import Config
from edge.config.check import Between
from edge.config.desired import as_json, forbidden
from edge.web.request import WHOLE, Fields, one

Kind = Literal["text", "whole", "number", "tick", "choice", "lines", "fractions"]
MOST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table. `low`, `high`: its bounds where it has some; `choices`: of a choice."""

    table: str
    name: str
    kind: Kind
    value: Any
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The value as it is typed."""
        if self.kind == "tick":
            return "yes" if self.value else ""
        if self.kind in ("lines", "fractions"):
            return "\n".join(str(item) for item in self.value)
        return f"{self.value:g}" if isinstance(self.value, float) else str(self.value)

    def read(self, fields: Fields) -> Any:
        """What was typed, as this kind; text that is none stays text, and the schema says what is wrong with it."""
        text = one(fields, self.name, most=MOST_TEXT).strip()
        if self.kind == "tick":
            return text == "yes"
        if self.kind == "whole":
            return int(text) if WHOLE.fullmatch(text) else text
        if self.kind == "number":
            return _number(text)
        if self.kind == "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        if self.kind == "fractions":
            return [_number(line.strip()) for line in text.splitlines() if line.strip()]
        return text


def tables(config: Config) -> list[str]:
    """Those with a key that can be changed here."""
    return [field.name for field in dataclasses.fields(config) if any(True for _ in keys(config, field.name))]


def keys(config: Config, table: str) -> Iterator[Key]:
    """The keys of a table that can be changed here; none where there is no such table on this device."""
    here = getattr(config, table, None)
    if not dataclasses.is_dataclass(here) or isinstance(here, type):
        return
    hints = get_type_hints(type(here), include_extras=True)
    for field in dataclasses.fields(here):
        value = getattr(here, field.name)
        if field.name != "driver" and not forbidden({table: {field.name: value}}):
            yield from _key(table, field.name, hints[field.name], value)


def changed(config: Config, table: str, fields: Fields) -> dict[str, Any]:
    """The keys of a table whose typed value is another one than that in force, as JSON values."""
    typed = {key.name: (key.read(fields), as_json(key.value)) for key in keys(config, table)}
    return {name: now for name, (now, before) in typed.items() if now != before}


def _key(table: str, name: str, hint: Any, value: Any) -> Iterator[Key]:
    origin, args = get_origin(hint), get_args(hint)
    bounds: list[Between] = []
    if origin is Annotated:
        bounds = [rule for rule in args[1:] if isinstance(rule, Between)]
        hint, origin, args = args[0], get_origin(args[0]), get_args(args[0])
    low, high = (bounds[0].low, bounds[0].high) if bounds else (None, None)
    plain: Mapping[Any, Kind] = {str: "text", int: "whole", float: "number", bool: "tick"}
    if origin is Literal:
        yield Key(table, name, "choice", value, choices=args)
    elif hint in plain:
        yield Key(table, name, plain[hint], value, low, high)
    elif origin is tuple:
        item = get_args(args[0])[0] if get_origin(args[0]) is Annotated else args[0]
        if item is str or get_origin(item) is Literal:
            yield Key(table, name, "lines", value)
        elif item is float:
            yield Key(table, name, "fractions", value)
    elif origin not in (Union, types.UnionType, Mapping):
        return  # a path or a table of its own: in the device's file


def _number(text: str) -> Any:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and "." not in text else number
