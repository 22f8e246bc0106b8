"""What the device can say: one table of texts per language, frozen, complete and checked before it is used.

The shipped tables stand in `phrases/<language>.toml`; a site may lay its own file over one of them and needs to list
only what it words differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from edge.actions import Speak
from edge.errors import ConfigError, DataError
from edge.events import Way
from edge.voice.book import Names
from edge.voice.book import PhraseBook as PhraseBook
from edge.voice.catalogue import CATEGORIES
from edge.voice.table import Table, read_table
from edge.voice.values import name

LANGUAGES = ("cmn", "en")
"""Languages that a voice has been chosen and checked for (`edge.voice.pronounce`)."""

_SHIPPED = Path(__file__).with_name("phrases")


def load_book(
    languages: Sequence[str],
    overrides: Mapping[str, Path] = MappingProxyType({}),
    *,
    roles: Sequence[str] = ("gate",),
    categories: Sequence[str] = CATEGORIES,
    ways: Sequence[str] = tuple(Way),
    names: Names = MappingProxyType({}),
    ahead: Sequence[Speak] = (),
) -> PhraseBook:
    """The phrases in `languages` (first is spoken first), a site's own files laid over the shipped ones.

    `overrides`: language → TOML file. `roles`: of the device; only their phrases are rendered ahead. `categories`:
    those of its bins, each of which needs a term. `ways`: what can be shown at its gate. `names`: of neighbouring
    stations. `ahead`: see PhraseBook. Raises ConfigError that names every file and key that does not hold.
    """
    problems = [
        f"language {language!r} cannot be spoken"
        for language in (*languages, *(name for name in overrides if name not in languages))
        if language not in LANGUAGES
    ]
    if len(set(languages)) != len(languages):
        problems.append(f"a language is listed twice: {', '.join(languages)}")
    tables: dict[str, Table] = {}
    for language in languages if not problems else ():
        tables[language] = read_table(_SHIPPED / f"{language}.toml", problems, complete=True)
        if language in overrides:
            tables[language] = tables[language].under(read_table(overrides[language], problems, complete=False))
    files = {language: overrides.get(language, _SHIPPED / f"{language}.toml") for language in tables}
    problems += _terms_missing(tables, files, categories)
    cleaned = _cleaned(names, problems)
    if problems:
        known = f"languages are {', '.join(LANGUAGES)}; phrases are listed in docs/voice.md"
        raise ConfigError("; ".join(problems), hint=known)
    book = PhraseBook(
        tuple(languages), MappingProxyType(tables), tuple(roles), tuple(categories), tuple(ways), cleaned, tuple(ahead)
    )
    book.everything()  # what is rendered ahead can be worded, and is known to be now rather than in the night
    return book


def _terms_missing(tables: Mapping[str, Table], files: Mapping[str, Path], needed: Sequence[str]) -> Iterator[str]:
    """A term that one language has and another lacks, or that the device sorts into and none has."""
    known = dict.fromkeys([*needed, *(key for table in tables.values() for key in table.terms)])
    for language, table in tables.items():
        yield from (f"{files[language]}: terms.{key}: is missing" for key in known if key not in table.terms)


def _cleaned(names: Names, problems: list[str]) -> Names:
    cleaned: dict[str, dict[str, str]] = {}
    for key, texts in names.items():
        cleaned[key] = {}
        for language, text in texts.items():
            try:
                cleaned[key][language] = name(language, text)
            except DataError as error:
                problems.append(f"the name of {key} in {language}: {error.message}")
    return MappingProxyType(cleaned)
