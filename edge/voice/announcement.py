"""Announcements: texts of the office's, spoken once and held to the same form as a phrase of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.errors import DataError
from edge.voice.phrases import LANGUAGES
from edge.voice.table import MOST_CHARACTERS
from edge.voice.utterance import Line, Utterance

ANNOUNCEMENT = "announcement"
"""What an announcement is called where a prompt has the name of its phrase."""

MOST_ANNOUNCED = 2 * MOST_CHARACTERS
"""Characters in one language: half a minute of speech."""


def announced(texts: Mapping[str, str], languages: Sequence[str]) -> tuple[Line, ...]:
    """The texts in the device's `languages`, in their order; where none is in any of them, the others.

    Raises DataError for a text that cannot be spoken, and when there is nothing to say or no voice to say it with.
    """
    for language, text in texts.items():
        if language not in LANGUAGES:
            raise DataError(f"no voice for the language {language!r}", hint=f"languages are {', '.join(LANGUAGES)}")
        if fault := _fault(text):
            raise DataError(f"the text in {language!r} {fault}", hint="write one line of it")
    if not languages:
        raise DataError("this device has no voice", hint="see [speaker] in its configuration")
    chosen = [language for language in languages if language in texts] or list(texts)
    if not chosen:
        raise DataError("there is no text to be spoken", hint="give one for each language")
    return tuple(Line((Utterance(language, texts[language].strip()),)) for language in chosen)


def _fault(text: object) -> str:
    if not isinstance(text, str):
        return "is no text"
    if len(text) > MOST_ANNOUNCED:
        return f"has {len(text)} characters, at most {MOST_ANNOUNCED} are spoken"
    if not text.isprintable():
        return "has a line break or another character that cannot be spoken"
    return "" if any(character.isalnum() for character in text) else "has nothing in it to be spoken"
