"""The time of day as people say it: tomorrow at seven in the morning, 明天早上七点."""

from __future__ import annotations

from edge.actions import DayTime
from edge.errors import DataError
from edge.voice.numerals import english, mandarin, mandarin_count

_DAY = 24 * 60
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MANDARIN_DAYS = "一二三四五六日"

# From which hour on a part of the day has its name.
_ENGLISH_PARTS = ((0, "at night"), (4, "in the morning"), (12, "in the afternoon"), (18, "in the evening"))
_MANDARIN_PARTS = ((0, "半夜"), (1, "凌晨"), (5, "早上"), (9, "上午"), (12, "中午"), (13, "下午"), (18, "晚上"))


def spoken_time(language: str, moment: DayTime, today: int | None) -> str:
    """The moment, with its day. `today`: the weekday of now (Monday is 0), so that tomorrow can be called so; None
    where the clock is not to be trusted. Raises DataError for a moment that does not exist.
    """
    if not 0 <= moment.minute <= _DAY or (moment.weekday is not None and not 0 <= moment.weekday <= 6):
        raise DataError(f"{moment} is no time of day", hint="minutes go from 0 to 1440, weekdays from 0 to 6")
    tomorrow = today is not None and moment.weekday == (today + 1) % 7
    if language == "cmn":
        day = "今天" if moment.weekday is None else "明天" if tomorrow else f"星期{_MANDARIN_DAYS[moment.weekday]}"
        return day + _mandarin_clock(moment.minute % _DAY)
    day = "today" if moment.weekday is None else "tomorrow" if tomorrow else f"on {_ENGLISH_DAYS[moment.weekday]}"
    return f"{day} at {_english_clock(moment.minute % _DAY)}"


def _english_clock(minute_of_day: int) -> str:
    if minute_of_day in (0, _DAY // 2):
        return "noon" if minute_of_day else "midnight"
    hour, minute = divmod(minute_of_day, 60)
    this, following = english((hour - 1) % 12 + 1), english(hour % 12 + 1)
    spoken = {
        0: this,
        15: f"a quarter past {this}",
        30: f"half past {this}",
        45: f"a quarter to {following}",
    }.get(minute, f"{this} {'oh ' if minute < 10 else ''}{english(minute)}")
    return f"{spoken} {_part(_ENGLISH_PARTS, hour)}"


def _mandarin_clock(minute_of_day: int) -> str:
    hour, minute = divmod(minute_of_day, 60)
    spoken = f"{_part(_MANDARIN_PARTS, hour)}{mandarin_count((hour - 1) % 12 + 1)}点"
    if minute == 30:
        return f"{spoken}半"
    if minute:
        return f"{spoken}{'零' if minute < 10 else ''}{mandarin(minute)}分"
    return spoken


def _part(parts: tuple[tuple[int, str], ...], hour: int) -> str:
    return [name for begins, name in parts if hour >= begins][-1]
