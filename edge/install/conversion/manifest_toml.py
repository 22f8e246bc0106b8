"""Writes a manifest of networks as TOML that a person can read; Python's own `tomllib` only reads.

Tables become `[…]` sections and lists of tables `[[…]]` sections; what is deeper inside a list stands on one line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

# Where one value fits on a line and reads better so: the tensors of a file, a figure for each of its variants.
_ON_ONE_LINE = ("input", "outputs")
_ENTRIES_ON_ONE_LINE = "measured"


def dumps(document: Mapping[str, Any]) -> str:
    """The document as TOML text; reading it with `tomllib` gives the same document.

    Raises `TypeError` for values that TOML has no words for (None, for one).
    """
    return "\n".join(_table(document, ())).strip() + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    flat = path[-1:] == (_ENTRIES_ON_ONE_LINE,)
    plain = {key: value for key, value in table.items() if flat or not _headed(key, value)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    if path and (lines or not table):
        lines = ["", f"[{'.'.join(map(_key, path))}]", *lines]
    for key, value in table.items():
        below = (*path, key)
        if key in plain:
            continue
        if isinstance(value, Mapping):
            lines += _table(value, below)
        else:
            for one in value:
                lines += ["", f"[[{'.'.join(map(_key, below))}]]"]
                lines += [f"{_key(name)} = {_value(part)}" for name, part in one.items()]
    return lines


def _headed(key: str, value: Any) -> bool:
    tables = value if isinstance(value, list | tuple) else [value]
    return key not in _ON_ONE_LINE and bool(tables) and all(isinstance(one, Mapping) for one in tables)


def _key(key: str) -> str:
    bare = key and all(character.isascii() and (character.isalnum() or character in "-_") for character in key)
    return key if bare else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, Mapping):
        parts = ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items())
        return f"{{ {parts} }}" if parts else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"TOML cannot hold {value!r}")


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's too, but TOML wants one more character escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
