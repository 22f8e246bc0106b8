"""Numbers in the words that people say, and that every version of the speech engine reads alike."""

from __future__ import annotations

from edge.errors import DataError

MOST = 9999
"""The largest number that is spoken: nobody who stands before a bin needs a larger one."""

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty")


def checked(number: int) -> int:
    """The number, if it can be spoken; raises DataError."""
    if isinstance(number, bool) or not 0 <= number <= MOST:
        raise DataError(f"the number {number!r} cannot be spoken", hint=f"numbers go from 0 to {MOST}")
    return number


def mandarin(number: int) -> str:
    """0 to 9999: 120 → 一百二十, 305 → 三百零五, 12 → 十二."""
    checked(number)
    if number < 10:
        return _DIGITS[number]
    spoken = ""
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            spoken += _DIGITS[digit] + _UNITS[place]
        elif spoken and not spoken.endswith("零"):
            spoken += "零"
    return spoken.rstrip("零").removeprefix("一" if 10 <= number < 20 else "")


def mandarin_count(number: int) -> str:
    """The same before a measure word: 2 → 两, 200 → 两百, 2000 → 两千."""
    spoken = mandarin(number)
    counted = spoken == "二" or spoken.startswith(("二百", "二千"))
    return "两" + spoken[1:] if counted else spoken


def mandarin_digits(digits: str) -> str:
    """Digit by digit, as in a number that names something: 3 → 三, 102 → 一零二."""
    return "".join(_DIGITS[int(digit)] for digit in digits)


def english(number: int) -> str:
    """0 to 59 in words, for the time of day: 20 → twenty, 59 → fifty nine."""
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f" {_SMALL[ones]}" if ones else "")
