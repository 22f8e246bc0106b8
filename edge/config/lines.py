"""Where in a TOML file a key stands.

`tomllib` forgets positions, and an installer with ten mistakes needs ten line numbers. This finds the line of
each table header and each key that starts a line; keys inside an inline table share the line of their owner.
"""

from __future__ import annotations

import re

Key = tuple[str, ...]

_PART = r'(?:[A-Za-z0-9_-]+|"[^"\n]*"|\'[^\'\n]*\')'
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_DOTTED})\s*\]\]?")
_ASSIGN = re.compile(rf"^\s*({_DOTTED})\s*=(.*)$")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')


def _split(dotted: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in re.findall(_PART, dotted))


def key_lines(text: str) -> dict[Key, int]:
    """Line numbers, from 1, by key path. Elements of an array of tables have their index as a part: "0", "1"."""
    found: dict[Key, int] = {}
    table: Key = ()
    counts: dict[Key, int] = {}
    depth = 0  # open brackets of a value that goes on over several lines
    multiline = ""  # the quotes that end a multi-line string
    for number, line in enumerate(text.splitlines(), start=1):
        if multiline:
            if multiline in line:
                multiline = ""
            continue
        value = line
        if depth == 0:
            if header := _HEADER.match(line):
                table = _split(header.group(2))
                if header.group(1) == "[[":
                    index = counts.get(table, 0)
                    counts[table] = index + 1
                    table = (*table, str(index))
                found.setdefault(table, number)
                continue
            if not (assign := _ASSIGN.match(line)):
                continue
            key = table + _split(assign.group(1))
            for end in range(len(table) + 1, len(key) + 1):
                found.setdefault(key[:end], number)
            value = assign.group(2)
        for quotes in ('"""', "'''"):
            if value.count(quotes) % 2:
                multiline = quotes
        bare = _STRING.sub("", value).split("#", 1)[0]
        depth = max(0, depth + sum(map(bare.count, "[{")) - sum(map(bare.count, "]}")))
    return found


def line_of(lines: dict[Key, int], key: Key) -> int:
    """The line of the key, or of the nearest thing around it that has one; 1 when nothing does."""
    while key:
        if key in lines:
            return lines[key]
        key = key[:-1]
    return 1
