"""From a TOML table to frozen dataclasses, with every problem found, not only the first.

The schema is the dataclasses' own annotations: `Annotated[int, Between(0, 27)]` carries the bounds beside the
name that carries the unit. A field whose type is a union of dataclasses is chosen by its `driver` key.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

Key = tuple[str, ...]
Problems = list[tuple[Key, str]]


@dataclass(frozen=True, slots=True)
class Between:
    """Both ends included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Check:
    """A test of its own for a value; returns what is wrong, or an empty string."""

    test: Callable[[Any], str]


_FAILED = object()
_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path as text"}


def read_table(schema: type, table: object, key: Key, problems: Problems) -> Any:
    """An instance of the dataclass `schema`, or a marker when anything in it is wrong; appends to `problems`."""
    if not isinstance(table, dict):
        problems.append((key, f"should be a table, [{'.'.join(key)}]"))
        return _FAILED
    hints = get_type_hints(schema, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(schema)}
    for name in table:
        if name not in fields:
            problems.append(((*key, name), f"unknown key '{name}'{_suggest(name, list(fields))}"))
    values: dict[str, Any] = {}
    failed = False
    for name, field in fields.items():
        if name in table:
            values[name] = _read(hints[name], table[name], (*key, name), problems)
            failed |= values[name] is _FAILED
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            problems.append((key, f"'{name}' is missing"))
            failed = True
    return _FAILED if failed else schema(**values)


def from_folder(instance: Any, folder: Path) -> Any:
    """The same dataclass with every relative path in it counted from `folder`."""
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if isinstance(value, Path):
            changes[field.name] = folder / value
        elif isinstance(value, Mapping) and any(isinstance(item, Path) for item in value.values()):
            changes[field.name] = types.MappingProxyType({name: folder / item for name, item in value.items()})
        elif isinstance(value, Mapping) and any(dataclasses.is_dataclass(item) for item in value.values()):
            tables = {name: from_folder(item, folder) for name, item in value.items()}
            changes[field.name] = types.MappingProxyType(tables)
        elif dataclasses.is_dataclass(value):
            changes[field.name] = from_folder(value, folder)
    return dataclasses.replace(instance, **changes)


def _suggest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else f"; known are: {', '.join(sorted(known))}"


def _read(hint: Any, value: object, key: Key, problems: Problems) -> Any:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *rules = get_args(hint)
        result = _read(inner, value, key, problems)
        return result if result is _FAILED else _apply(rules, result, key, problems)
    if origin is Literal:
        allowed = [str(choice) for choice in get_args(hint)]
        if value in get_args(hint):
            return value
        problems.append((key, f"{value!r} is not one of: {', '.join(allowed)}"))
        return _FAILED
    if origin in (Union, types.UnionType):
        return _read_union(get_args(hint), value, key, problems)
    if origin is tuple:
        return _read_list(get_args(hint)[0], value, key, problems)
    if origin is Mapping:
        name_kind, item = get_args(hint)
        return _read_map(name_kind, item, value, key, problems)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return read_table(hint, value, key, problems)
    return _read_plain(hint, value, key, problems)


def _read_plain(hint: type, value: object, key: Key, problems: Problems) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str) and "\0" not in value:
        return Path(value)
    # bool is an int to Python, never to an installer
    if isinstance(value, hint) and isinstance(value, bool) == (hint is bool):
        return value
    problems.append((key, f"{value!r} should be {_NAMES[hint]}"))
    return _FAILED


def _read_list(item: Any, value: object, key: Key, problems: Problems) -> Any:
    if not isinstance(value, list):
        problems.append((key, f"{value!r} should be a list, [ … ]"))
        return _FAILED
    items = [_read(item, one, (*key, str(place)), problems) for place, one in enumerate(value)]
    return _FAILED if any(one is _FAILED for one in items) else tuple(items)


def _read_map(name_kind: Any, item: Any, value: object, key: Key, problems: Problems) -> Any:
    if not isinstance(value, dict):
        problems.append((key, f"{value!r} should be a table"))
        return _FAILED
    names = [_read(name_kind, name, (*key, name), problems) for name in value]
    items = {name: _read(item, one, (*key, name), problems) for name, one in value.items()}
    failed = any(one is _FAILED for one in (*names, *items.values()))
    return _FAILED if failed else types.MappingProxyType(items)


def _read_union(choices: tuple[Any, ...], value: object, key: Key, problems: Problems) -> Any:
    choices = tuple(choice for choice in choices if choice is not type(None))
    if len(choices) == 1:  # an optional value: TOML has no null, so it is there or it is absent
        return _read(choices[0], value, key, problems)
    tables = {get_args(get_type_hints(choice)["driver"])[0]: choice for choice in choices}
    if not isinstance(value, dict):
        problems.append((key, f"should be a table, [{'.'.join(key)}]"))
        return _FAILED
    driver = value.get("driver")
    if driver is None:
        problems.append((key, f"'driver' is missing; it is one of: {', '.join(tables)}"))
    elif not isinstance(driver, str) or driver not in tables:
        hint = _suggest(str(driver), list(tables))
        problems.append(((*key, "driver"), f"no such driver {driver!r}{hint}"))
    else:
        return read_table(tables[driver], value, key, problems)
    return _FAILED


def _apply(rules: list[Any], value: Any, key: Key, problems: Problems) -> Any:
    for rule in rules:
        wrong = ""
        if isinstance(rule, Between) and not rule.low <= value <= rule.high:
            wrong = f"{value!r} is out of bounds; it must lie between {rule.low:g} and {rule.high:g}"
        elif isinstance(rule, Check):
            wrong = rule.test(value)
        if wrong:
            problems.append((key, wrong))
            return _FAILED
    return value
