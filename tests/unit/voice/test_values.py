"""What fills a phrase: names cleaned and bounded, distances as people say them, nothing that cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.actions import DayTime, Term, Value
from edge.errors import DataError
from edge.voice.catalogue import Kind
from edge.voice.values import MOST_NAMED, in_words, name


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [
        ("en", "  Willow \n Court\t2 ", "Willow Court 2"),
        ("en", "Café Zoë", "Café Zoë"),
        ("en", "North\u200bGate", "North Gate"),
        ("cmn", "东门3号楼", "东门三号楼"),
        ("cmn", "B座102室", "B座一零二室"),
        ("cmn", "12", "一二"),
    ],
)
def test_a_name_is_cleaned(language: str, text: str, spoken: str) -> None:
    assert name(language, text) == spoken


@pytest.mark.parametrize(
    ("language", "text", "why"),
    [
        ("en", "北门", "cannot be read in en"),
        ("en", "North 北", "cannot be read in en"),
        ("cmn", "North Gate", "cannot be read in cmn"),
        ("en", "", "cannot be read"),
        ("en", "—", "cannot be read"),
        ("en", "a" * (MOST_NAMED + 1), f"a name of {MOST_NAMED + 1} characters"),
        ("cmn", "门" * (MOST_NAMED + 1), f"a name of {MOST_NAMED + 1} characters"),
    ],
)
def test_a_name_that_cannot_be_said(language: str, text: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        name(language, text)


@given(st.text(max_size=100), st.sampled_from(["en", "cmn"]))
def test_whatever_name_is_accepted_is_one_short_line(text: str, language: str) -> None:
    try:
        spoken = name(language, text)
    except DataError:
        return
    assert 0 < len(spoken) <= MOST_NAMED
    assert spoken.isprintable()
    assert any(character.isalnum() for character in spoken)


@pytest.mark.parametrize(
    ("metres", "in_english", "in_mandarin"),
    [
        (0, "5 metres", "五米"),
        (12, "10 metres", "十米"),
        (48, "50 metres", "五十米"),
        (123, "120 metres", "一百二十米"),
        (198, "200 metres", "两百米"),
        (1216, "1220 metres", "一千二百二十米"),
    ],
)
def test_distances_are_rounded(metres: int, in_english: str, in_mandarin: str) -> None:
    assert in_words("en", Kind.METRES, metres, {}) == in_english
    assert in_words("cmn", Kind.METRES, metres, {}) == in_mandarin


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.METRES, -1),
        (Kind.METRES, 10_000),
        (Kind.METRES, True),
        (Kind.METRES, "near"),
        (Kind.TIME, 420),
        (Kind.TIME, Term("kitchen")),
        (Kind.CATEGORY, DayTime(0)),
        (Kind.NAME, 7),
        (Kind.NAME, Term("absent")),
    ],
)
def test_a_value_of_another_kind(kind: Kind, value: Value) -> None:
    with pytest.raises(DataError):
        in_words("en", kind, value, {"kitchen": "kitchen waste"})


def test_a_very_long_name_is_not_repeated_in_the_complaint() -> None:
    with pytest.raises(DataError) as caught:
        name("en", "门" * 30)
    assert len(str(caught.value)) < 200
