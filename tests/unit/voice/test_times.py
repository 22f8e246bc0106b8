"""Numbers and the time of day in the words of both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.actions import DayTime
from edge.errors import DataError
from edge.voice.numerals import MOST, english, mandarin, mandarin_count, mandarin_digits
from edge.voice.times import spoken_time

WEDNESDAY = 2


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        (0, "零"), (2, "二"), (10, "十"), (12, "十二"), (20, "二十"), (22, "二十二"), (100, "一百"), (101, "一百零一"),
        (110, "一百一十"), (115, "一百一十五"), (305, "三百零五"), (1000, "一千"), (1005, "一千零五"),
        (1010, "一千零一十"), (1100, "一千一百"), (2222, "二千二百二十二"), (9999, "九千九百九十九"),
    ],
)  # fmt: skip
def test_numbers_in_mandarin(number: int, spoken: str) -> None:
    assert mandarin(number) == spoken


@pytest.mark.parametrize(
    ("number", "spoken"),
    [(2, "两"), (12, "十二"), (20, "二十"), (200, "两百"), (220, "两百二十"), (2000, "两千"), (3, "三")],
)
def test_two_of_something(number: int, spoken: str) -> None:
    assert mandarin_count(number) == spoken


def test_a_number_that_names_something_is_read_digit_by_digit() -> None:
    assert mandarin_digits("102") == "一零二"


@pytest.mark.parametrize(("number", "spoken"), [(0, "zero"), (13, "thirteen"), (20, "twenty"), (59, "fifty nine")])
def test_numbers_in_english(number: int, spoken: str) -> None:
    assert english(number) == spoken


@pytest.mark.parametrize("number", [-1, MOST + 1, True])
def test_numbers_that_are_not_spoken(number: int) -> None:
    with pytest.raises(DataError, match="cannot be spoken"):
        mandarin(number)


@given(st.integers(0, MOST), st.integers(0, MOST))
def test_different_numbers_sound_different(one: int, other: int) -> None:
    assert (mandarin(one) == mandarin(other)) == (one == other)


@pytest.mark.parametrize(
    ("minute", "in_english", "in_mandarin"),
    [
        (0, "midnight", "半夜十二点"),
        (5, "twelve oh five at night", "半夜十二点零五分"),
        (60, "one at night", "凌晨一点"),
        (7 * 60, "seven in the morning", "早上七点"),
        (7 * 60 + 15, "a quarter past seven in the morning", "早上七点十五分"),
        (7 * 60 + 30, "half past seven in the morning", "早上七点半"),
        (7 * 60 + 45, "a quarter to eight in the morning", "早上七点四十五分"),
        (11 * 60 + 10, "eleven ten in the morning", "上午十一点十分"),
        (11 * 60 + 45, "a quarter to twelve in the morning", "上午十一点四十五分"),
        (12 * 60, "noon", "中午十二点"),
        (12 * 60 + 20, "twelve twenty in the afternoon", "中午十二点二十分"),
        (14 * 60, "two in the afternoon", "下午两点"),
        (19 * 60 + 30, "half past seven in the evening", "晚上七点半"),
        (22 * 60, "ten in the evening", "晚上十点"),
        (1440, "midnight", "半夜十二点"),
    ],
)
def test_the_time_of_day(minute: int, in_english: str, in_mandarin: str) -> None:
    assert spoken_time("en", DayTime(minute), None) == f"today at {in_english}"
    assert spoken_time("cmn", DayTime(minute), None) == f"今天{in_mandarin}"


@pytest.mark.parametrize(
    ("weekday", "today", "in_english", "in_mandarin"),
    [
        (None, WEDNESDAY, "today", "今天"),
        (3, WEDNESDAY, "tomorrow", "明天"),
        (0, 6, "tomorrow", "明天"),
        (3, None, "on Thursday", "星期四"),
        (4, WEDNESDAY, "on Friday", "星期五"),
        (WEDNESDAY, WEDNESDAY, "on Wednesday", "星期三"),
        (6, WEDNESDAY, "on Sunday", "星期日"),
    ],
)
def test_the_day(weekday: int | None, today: int | None, in_english: str, in_mandarin: str) -> None:
    assert spoken_time("en", DayTime(480, weekday), today) == f"{in_english} at eight in the morning"
    assert spoken_time("cmn", DayTime(480, weekday), today) == f"{in_mandarin}早上八点"


@pytest.mark.parametrize("moment", [DayTime(-1), DayTime(1441), DayTime(0, 7), DayTime(0, -1)])
def test_moments_that_do_not_exist(moment: DayTime) -> None:
    with pytest.raises(DataError, match="no time of day"):
        spoken_time("en", moment, None)


@given(st.integers(0, 1439), st.integers(0, 1439))
def test_different_minutes_sound_different(one: int, other: int) -> None:
    for language in ("en", "cmn"):
        same = spoken_time(language, DayTime(one), None) == spoken_time(language, DayTime(other), None)
        assert same == (one == other)
