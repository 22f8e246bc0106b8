"""One language's file of texts: read, and every line of it checked before it is used.

A file is TOML: `key = "text"` or `key = ["text", "another wording"]` for each phrase, and the tables `[short]` (what is
said while a phrase with a time or a name in it is not rendered yet) and `[terms]` (what a variable may stand for).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.voice.catalogue import MAY_BE_EMPTY, PHRASES, finite, suggestion
from edge.voice.values import MOST_NAMED

MOST_CHARACTERS = 200
"""A prompt at a door has to be short; this one takes about a quarter of a minute to say."""

MOST_WORDINGS = 8
"""Of one phrase: each is rendered ahead in every way to fill it in."""

_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_TERM = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Table:
    """The texts of one language. A phrase has its wordings, none if it is silent on purpose."""

    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    short: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)

    def under(self, other: Table) -> Table:
        """This table with the other one laid over it."""
        return Table({**self.phrases, **other.phrases}, {**self.short, **other.short}, {**self.terms, **other.terms})


def filled(text: str, words: Mapping[str, str]) -> str:
    """The text with its variables replaced."""
    said = _VARIABLE.sub(lambda variable: words[variable[1]], text)
    return said[:1].upper() + said[1:]


def read_table(file: Path, problems: list[str], *, complete: bool) -> Table:
    """The good lines of a file; what is wrong with the others goes to `problems`. `complete`: nothing is missing."""
    try:
        with file.open("rb") as stream:
            raw: dict[str, Any] = tomllib.load(stream)
    except OSError as error:
        problems.append(f"{file}: cannot be read: {error.strerror}")
        return Table()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{file}: is not valid TOML: {error}")
        return Table()
    tables: dict[str, dict[str, Any]] = {}
    for table in ("short", "terms"):
        found = raw.pop(table, {})
        if not isinstance(found, dict):
            problems.append(f"{file}: {table}: has to be a table [{table}]")
        tables[table] = found if isinstance(found, dict) else {}
    faults = {key: _phrase_fault(key, text) for key, text in raw.items()}
    faults |= {f"short.{key}": _short_fault(key, text) for key, text in tables["short"].items()}
    faults |= {f"terms.{key}": _term_fault(key, text) for key, text in tables["terms"].items()}
    if complete:
        faults |= {key: "is missing" for key in PHRASES if key not in raw}
        needed = (key for key, variables in PHRASES.items() if not finite(variables))
        faults |= {f"short.{key}": "is missing" for key in needed if key not in tables["short"]}
    problems += [f"{file}: {key}: {fault}" for key, fault in faults.items() if fault]
    return Table(
        {key: _wordings(text) for key, text in raw.items() if not faults[key]},
        {key: text.strip() for key, text in tables["short"].items() if not faults[f"short.{key}"]},
        {key: text.strip() for key, text in tables["terms"].items() if not faults[f"terms.{key}"]},
    )


def _wordings(text: str | list[str]) -> tuple[str, ...]:
    wordings = [text] if isinstance(text, str) else text
    return tuple(wording.strip() for wording in wordings if wording.strip())


def _phrase_fault(key: str, text: object) -> str:
    if key not in PHRASES:
        return f"is no phrase; {suggestion(key)}"
    if text == "" and key in MAY_BE_EMPTY:
        return ""
    wordings = text if isinstance(text, list) else [text]
    if not 1 <= len(wordings) <= MOST_WORDINGS:
        return f"has {len(wordings)} wordings, from 1 to {MOST_WORDINGS} are possible"
    fault = next((fault for wording in wordings if (fault := _fault(wording, PHRASES[key]))), "")
    if not fault and len(set(map(str.strip, wordings))) < len(wordings):
        return "has the same wording twice"
    return fault


def _short_fault(key: str, text: object) -> str:
    if key not in PHRASES or finite(PHRASES[key]):
        needed = [name for name, variables in PHRASES.items() if not finite(variables)]
        return f"needs no short form; {suggestion(key, needed)}"
    return _fault(text, ())


def _term_fault(key: str, text: object) -> str:
    if not _TERM.fullmatch(key):
        return "is no name of a term: small letters, digits, '-' and '_'"
    return _fault(text, (), MOST_NAMED)


def _fault(text: object, variables: Iterable[str], most: int = MOST_CHARACTERS) -> str:
    if not isinstance(text, str):
        return "has to be a text in quotes"
    if not text.strip():
        return "must not be empty"
    if len(text) > most:
        return f"has {len(text)} characters, at most {most} are spoken"
    if not text.isprintable():
        return "has a line break or another character that cannot be spoken"
    found, plain = set(_VARIABLE.findall(text)), _VARIABLE.sub("", text)
    if "{" in plain or "}" in plain:
        return "has a brace that belongs to no variable; write {name}"
    for name in sorted(found - set(variables)):
        known = suggestion(name, variables) if variables else "it has none"
        return f"{{{name}}} is no variable of it; {known}"
    for name in sorted(set(variables) - found):
        return f"{{{name}}} is missing"
    return "" if any(character.isalnum() for character in text) else "has nothing in it to be spoken"
