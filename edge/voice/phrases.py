"""What the device can say: one table of phrases per language, frozen, complete and checked before it is used.

A table is TOML, one `key = "text"` per line. The shipped tables stand in `phrases/<language>.toml`; a site may
lay its own file over one of them and needs to list only what it words differently.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from edge.errors import ConfigError
from edge.events import PoorReason

KEYS: tuple[str, ...] = (
    "granted",
    "refused_unknown",
    *(f"poor_{reason.value}" for reason in PoorReason),
    "refused_schedule",
    "refused_expired",
    "refused_revoked",
    "refused_locked_out",
    "refused_clock",
    "refused_lockdown",
    "door_held_warning",
    "door_held_alarm",
    "door_forced",
    "fault",
    "starting_unsafe",
    "exit",
)
"""Every phrase, the one needed soonest first: in this order they are rendered on a new device."""

MAY_BE_EMPTY = frozenset({"exit"})
LANGUAGES = ("cmn", "en")
"""Languages that a voice has been chosen and checked for (`edge.voice.pronounce`)."""

MOST_CHARACTERS = 200
"""A prompt at a door has to be short; this one takes about a quarter of a minute to say."""

_SHIPPED = Path(__file__).with_name("phrases")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One text in one language: what is rendered, cached and played as one file."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """The phrases of a device: `tables[language][key]` is a text. `languages` are spoken one after the other."""

    languages: tuple[str, ...]
    tables: Mapping[str, Mapping[str, str]]

    def utterances(self, key: str) -> tuple[Utterance, ...]:
        """What is said for a phrase, in the order of the languages; empty when it is silent on purpose.

        Raises ConfigError for a key that is no phrase.
        """
        if key not in KEYS:
            raise ConfigError(f"there is no phrase {key!r}", hint=_suggestion(key))
        spoken = ((language, self.tables[language][key]) for language in self.languages)
        return tuple(Utterance(language, text) for language, text in spoken if text)

    def everything(self) -> tuple[Utterance, ...]:
        """All utterances without repetition, the one needed soonest first."""
        return tuple(dict.fromkeys(said for key in KEYS for said in self.utterances(key)))


def load_book(languages: Sequence[str], overrides: Mapping[str, Path] = MappingProxyType({})) -> PhraseBook:
    """The phrases in `languages` (first is spoken first), a site's own files laid over the shipped ones.

    `overrides`: language → TOML file. Raises ConfigError that names every file and key that does not hold.
    """
    problems = [
        f"language {language!r} cannot be spoken"
        for language in (*languages, *(name for name in overrides if name not in languages))
        if language not in LANGUAGES
    ]
    if len(set(languages)) != len(languages):
        problems.append(f"a language is listed twice: {', '.join(languages)}")
    tables: dict[str, Mapping[str, str]] = {}
    for language in languages if not problems else ():
        table = _read(_SHIPPED / f"{language}.toml", problems, complete=True)
        if language in overrides:
            table |= _read(overrides[language], problems, complete=False)
        tables[language] = MappingProxyType(table)
    if problems:
        known = f"languages are {', '.join(LANGUAGES)}; phrases are listed in docs/voice.md"
        raise ConfigError("; ".join(problems), hint=known)
    return PhraseBook(tuple(languages), MappingProxyType(tables))


def _read(file: Path, problems: list[str], *, complete: bool) -> dict[str, str]:
    """The good lines of one table; what is wrong with the others goes to `problems`."""
    try:
        with file.open("rb") as stream:
            raw: dict[str, Any] = tomllib.load(stream)
    except OSError as error:
        problems.append(f"{file}: cannot be read: {error.strerror}")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{file}: is not valid TOML: {error}")
        return {}
    for key, text in raw.items():
        fault = _fault(key, text)
        if fault:
            problems.append(f"{file}: {key}: {fault}")
    if complete:
        problems += [f"{file}: {key}: is missing" for key in KEYS if key not in raw]
    return {key: text.strip() for key, text in raw.items() if not _fault(key, text)}


def _fault(key: str, text: object) -> str:
    if key not in KEYS:
        return f"is no phrase; {_suggestion(key)}"
    if not isinstance(text, str):
        return "has to be a text in quotes"
    if not text.strip():
        return "" if key in MAY_BE_EMPTY else "must not be empty"
    if len(text) > MOST_CHARACTERS:
        return f"has {len(text)} characters, at most {MOST_CHARACTERS} are spoken"
    if not text.isprintable():
        return "has a line break or another character that cannot be spoken"
    return "" if any(character.isalnum() for character in text) else "has nothing in it to be spoken"


def _suggestion(key: str) -> str:
    close = difflib.get_close_matches(key, KEYS, n=1)
    return f"did you mean {close[0]}?" if close else f"the phrases are {', '.join(KEYS)}"
