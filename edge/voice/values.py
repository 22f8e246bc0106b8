"""What fills the variables of a phrase, turned into words of one language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from edge.actions import DayTime, Term, Value
from edge.errors import DataError
from edge.voice.catalogue import Kind, suggestion
from edge.voice.numerals import checked, mandarin_count, mandarin_digits
from edge.voice.times import spoken_time

MOST_NAMED = 40
"""Characters of a name: some eight words, three seconds of speech."""

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN_END = 0x250  # the letters of European languages end here


def in_words(language: str, kind: Kind, value: Value, terms: Mapping[str, str], today: int | None = None) -> str:
    """The value as it is said; `terms`: the language's own. `today`: see `spoken_time`.

    Raises DataError for a value that is not of its kind, or that this language has no words for.
    """
    if isinstance(value, Term) and kind in (Kind.CATEGORY, Kind.WAYS, Kind.NAME):
        if value.key not in terms:
            raise DataError(f"{language} has no term {value.key!r}", hint=suggestion(value.key, terms))
        return terms[value.key]
    if isinstance(value, DayTime) and kind is Kind.TIME:
        return spoken_time(language, value, today)
    if isinstance(value, int) and kind is Kind.METRES:
        return _distance(language, value)
    if isinstance(value, str) and kind is Kind.NAME:
        return name(language, value)
    raise DataError(f"{value!r} is no {kind.value}", hint="docs/voice.md lists the variables of every phrase")


def name(language: str, text: str) -> str:
    """A free text, on one line without what cannot be spoken, and in a script that the language's voice can read.

    Raises DataError when nothing of it can be said, or when it is too long to be a name.
    """
    spoken = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    if len(spoken) > MOST_NAMED:
        raise DataError(f"a name of {len(spoken)} characters", hint=f"at most {MOST_NAMED} are spoken")
    if language == "cmn":
        spoken = re.sub(r"[0-9]+", lambda digits: mandarin_digits(digits[0]), spoken)
        readable = _CHINESE.search(spoken) is not None
    else:
        letters = [character for character in spoken if character.isalnum()]
        readable = bool(letters) and all(ord(letter) < _LATIN_END for letter in letters)
    if not readable:
        raise DataError(f"{text[:MOST_NAMED]!r} cannot be read in {language}", hint="give the name in every language")
    return spoken


def _distance(language: str, metres: int) -> str:
    """Rounded as people do: to tens above fifty metres, to fives below."""
    step = 10 if checked(metres) > 50 else 5
    near = max(step, step * round(metres / step))
    return f"{mandarin_count(near)}米" if language == "cmn" else f"{near} metres"
