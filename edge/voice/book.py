"""The texts of a device put together: what is said for a prompt, and what all can be rendered before it is needed."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.actions import DayTime, Speak, Term
from edge.errors import ConfigError, DataError
from edge.events import Way
from edge.voice.catalogue import CATEGORIES, PHRASES, ROLES, WAYS, Kind, Variables, finite, suggestion
from edge.voice.table import Table, filled
from edge.voice.utterance import Line, Utterance
from edge.voice.values import in_words

log = logging.getLogger(__name__)

Names = Mapping[str, Mapping[str, str]]
"""What has a name of its own in every language: key of the Term → language → text."""


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """The texts of a device, by language. `languages` are spoken one after the other; `categories` are those that the
    device sorts into, `ways` what can be shown at its gate; `ahead` are prompts with a time or a name in them that will
    be needed for certain.
    """

    languages: tuple[str, ...]
    tables: Mapping[str, Table]
    roles: tuple[str, ...] = ("gate",)
    categories: tuple[str, ...] = CATEGORIES
    ways: tuple[str, ...] = tuple(Way)
    names: Names = field(default_factory=lambda: MappingProxyType({}))
    ahead: tuple[Speak, ...] = ()

    def lines(self, speak: Speak, today: int | None = None) -> tuple[Line, ...]:
        """What is said, in the order of the languages; empty when it is silent on purpose. `today`: the weekday (Monday
        is 0), if it is known for certain.

        A language that has no words for a value says the short form. Raises ConfigError for a key that is no phrase,
        DataError for values that do not fit where there is no short form either.
        """
        if speak.phrase not in PHRASES:
            raise ConfigError(f"there is no phrase {speak.phrase!r}", hint=suggestion(speak.phrase))
        lines = [self._line(language, speak, today) for language in self.languages]
        return tuple(line.slowly() if speak.loud else line for line in lines if line.wordings)

    def everything(self) -> tuple[Utterance, ...]:
        """All that is rendered ahead for the device's roles, without repetition, the one needed soonest first. At a
        station, what somebody may ask to hear slowly comes again at the end.
        """
        planned = {role: list(self._planned(role)) for role in ROLES if role in self.roles}
        usual = _first_wordings_first(itertools.chain.from_iterable(planned.values()))
        slow = _first_wordings_first(line.slowly() for line in planned.get("bin", ()))
        return tuple(dict.fromkeys((*usual, *slow)))

    def _planned(self, role: str) -> Iterator[Line]:
        for key, variables in ROLES[role].items():
            if finite(variables):
                for chosen in self._fillings(variables):
                    yield from self.lines(Speak(key, values=dict(zip(variables, map(Term, chosen), strict=True))))
            else:
                yield from (
                    Line((Utterance(language, self.tables[language].short[key]),)) for language in self.languages
                )
        for speak in self.ahead:
            if speak.phrase in ROLES[role]:
                for today in _todays(speak):
                    yield from self.lines(speak, today)

    def _fillings(self, variables: Variables) -> Iterable[tuple[str, ...]]:
        """The terms for the variables of a finite phrase."""
        if Kind.WAYS in variables.values():
            return ((term,) for term, ways in WAYS.items() if set(ways) <= set(self.ways))
        return itertools.permutations(self.categories, len(variables))

    def _line(self, language: str, speak: Speak, today: int | None) -> Line:
        table = self.tables[language]
        short = Utterance(language, table.short[speak.phrase]) if speak.phrase in table.short else None
        try:
            words = self._words(language, speak, today)
        except DataError as error:
            if short is None:
                raise
            log.info("%s is only said in short: %s", speak.phrase, error)
            return Line((short,))
        return Line(tuple(Utterance(language, filled(text, words)) for text in table.phrases[speak.phrase]), short)

    def _words(self, language: str, speak: Speak, today: int | None) -> dict[str, str]:
        kinds = PHRASES[speak.phrase]
        if speak.values.keys() != kinds.keys():
            given, wanted = (", ".join(names) or "no variables" for names in (speak.values, kinds))
            raise DataError(f"{speak.phrase} was given {given}", hint=f"it takes {wanted}")
        terms = {kind: self._terms(language, kind) for kind in set(kinds.values())}
        return {
            variable: in_words(language, kind, speak.values[variable], terms[kind], today)
            for variable, kind in kinds.items()
        }

    def _terms(self, language: str, kind: Kind) -> Mapping[str, str]:
        if kind is not Kind.NAME:
            return self.tables[language].terms
        return {key: texts[language] for key, texts in self.names.items() if language in texts}


def _todays(speak: Speak) -> list[int | None]:
    """On which days the prompt is worded differently: a weekday is called tomorrow on its eve."""
    days = (value.weekday for value in speak.values.values() if isinstance(value, DayTime))
    return [None, *((day - 1) % 7 for day in days if day is not None)]


def _first_wordings_first(lines: Iterable[Line]) -> Iterator[Utterance]:
    lines = list(lines)
    yield from (line.wordings[0] for line in lines)
    yield from (said for line in lines for said in line.wordings[1:])
