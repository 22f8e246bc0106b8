"""Event ids: UUID version 7 of RFC 9562, section 5.7, ascending within a process.

Python has no `uuid.uuid7` before 3.14. The order follows section 6.2, method 1: the twelve bits `rand_a` count up
within a millisecond, from a random start in their lower half, and a clock that goes back does not take them along.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable

_MAX_MS = (1 << 48) - 1
_NODE = (1 << 48) - 1  # what stands behind the last dash
_FORM = struct.Struct(">HQ")  # of the randomness for one id: 11 bits for the counter, 62 for the tail
_DRAW = 100  # ids for which the kernel is asked at once


class Uuid7:
    """Makes ids, each greater than the one before. For one thread."""

    def __init__(self, randbits: Callable[[int], int] = secrets.randbits) -> None:
        self._randbits = randbits
        self._drawn: list[tuple[int, str]] = []
        self._ms = self._counter = 0  # what is from before 1970 counts from there

    def __call__(self, wall_us: int) -> str:
        """The id of something that happened at `wall_us`, microseconds since 1970, in the 8-4-4-4-12 form."""
        ms = wall_us // 1000
        start, tail = self._drawn.pop() if self._drawn else self._draw()
        if self._ms < ms < _MAX_MS:
            self._ms, self._counter = ms, start
        elif self._counter < 0xFFF:
            self._counter += 1
        else:
            self._ms, self._counter = self._ms + 1, start
        return "%08x-%04x-7%03x%s" % (self._ms >> 16, self._ms & 0xFFFF, self._counter, tail)  # noqa: UP031

    def _draw(self) -> tuple[int, str]:
        """Random parts for the next ids, already in their form: a start for the counter, and what follows it."""
        drawn = self._randbits(8 * _FORM.size * _DRAW).to_bytes(_FORM.size * _DRAW, "big")
        self._drawn = [
            ((high << 2 | low >> 62) & 0x7FF, "-%04x-%012x" % (low >> 48 & 0x3FFF | 0x8000, low & _NODE))  # noqa: UP031
            for high, low in _FORM.iter_unpack(drawn)
        ]
        return self._drawn.pop()
