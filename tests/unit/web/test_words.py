"""Both languages say everything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import edge.web
from edge.actions import BinLamp, Lamp, Priority
from edge.config.standing import Status
from edge.events import PoorReason
from edge.install.doctor.checks import NO, READY, SKIP, YES, Verdict
from edge.waste.stage import Stage
from edge.web.areas import SIDES, TEXTS
from edge.web.pages.settings import APPLIED
from edge.web.routes import LIST
from edge.web.waits import NAMES
from edge.web.words import chosen, mandarin, translated

ROOM = Path(edge.web.__file__).parent
SAID = re.compile(r"""\b(?:t|say)\(\s*"((?:[^"\\]|\\.)+)"\s*\)""")


def written() -> set[str]:
    """Every text in the pages and their templates, and every word that reaches them from the device."""
    texts = {text for file in ROOM.rglob("*.html") for text in SAID.findall(file.read_text())}
    texts |= {text for file in ROOM.rglob("*.py") for text in SAID.findall(file.read_text())}
    texts |= {route.title for route in LIST if route.title} | {APPLIED}
    texts |= set(NAMES.values())
    texts |= {text for both in TEXTS.values() for text in both}
    words = [*Lamp, *BinLamp, *PoorReason, *Stage, *Verdict, *SIDES, *get_args(Status), NO, READY, SKIP, YES]
    return texts | {str(word) for word in words} | {priority.name.lower() for priority in Priority}


def test_every_text_has_a_mandarin_one() -> None:
    assert len(written()) > 150
    assert written() - set(mandarin()) == set()


def test_mandarin_is_written_in_chinese_and_in_other_words() -> None:
    for english, text in mandarin().items():
        assert re.search(r"[\u4e00-\u9fff]", text), english


def test_what_has_no_translation_stays_as_it_is() -> None:
    assert translated("cmn", "Ann Lee") == "Ann Lee" and translated("en", "Menu") == "Menu"


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "cmn"),
        ("", "de-DE, en;q=0.5, zh;q=0.3", "en"),
        ("en", "zh-CN", "en"),
        ("cmn", "en", "cmn"),
        ("xx\r\n", "zh", "cmn"),
        ("", ";;,,q=", "en"),
    ],
)
def test_the_choice_comes_before_the_browsers_wish(cookie: str, accepted: str, language: str) -> None:
    assert chosen(cookie, accepted) == language
