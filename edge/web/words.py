"""The page's two languages. English texts are their own keys; `cmn.toml` has the Mandarin of each."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Language = Literal["en", "cmn"]
LANGUAGES: tuple[Language, ...] = ("en", "cmn")
HTML_NAMES: Mapping[Language, str] = {"en": "en", "cmn": "zh-Hans"}
"""As BCP 47 has them, for the `lang` attribute."""

_FILE = Path(__file__).with_name("cmn.toml")


@functools.cache
def mandarin() -> Mapping[str, str]:
    """Every text of the page in Mandarin, by the English one."""
    table: dict[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return table


def translated(language: Language, english: str) -> str:
    """The text in that language. What comes from the device's data (a name, an error) has no other and stays."""
    return mandarin().get(english, english) if language == "cmn" else english


def chosen(cookie: str, accepted: str) -> Language:
    """By the cookie, else by what the browser asks for first (`Accept-Language`), else English."""
    for language in LANGUAGES:
        if cookie == language:
            return language
    for part in accepted.split(",")[:8]:
        tag = part.partition(";")[0].strip().lower()
        if tag == "zh" or tag.startswith(("zh-", "cmn")):
            return "cmn"
        if tag == "en" or tag.startswith("en-"):
            return "en"
    return "en"
