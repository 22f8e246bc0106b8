"""Event ids: UUID version 7 of RFC 9562, section 5.7, ascending within a process.

Python has no `uuid.uuid7` before 3.14. The order follows section 6.2, method 1: the twelve bits `rand_a` count up
within a millisecond, from a random start in their lower half, and a clock that goes back does not take them along.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

_MAX_MS = (1 << 48) - 1
_TAIL = (1 << 62) - 1
_BYTES = 10  # of randomness for one id: 11 bits for the counter, 62 for the tail
_DRAW = 100  # ids for which the kernel is asked at once


class Uuid7:
    """Makes ids, each greater than the one before. For one thread."""

    def __init__(self, randbits: Callable[[int], int] = secrets.randbits) -> None:
        self._randbits = randbits
        self._drawn = b""
        self._used = 0
        self._ms = -1
        self._counter = 0

    def __call__(self, wall_us: int) -> str:
        """The id of something that happened at `wall_us`, microseconds since 1970, in the 8-4-4-4-12 form."""
        ms = min(max(wall_us // 1000, 0), _MAX_MS - 1)
        random = self._random()
        if ms > self._ms:
            self._ms, self._counter = ms, random >> 62 & 0x7FF
        elif self._counter < 0xFFF:
            self._counter += 1
        else:
            self._ms, self._counter = self._ms + 1, random >> 62 & 0x7FF
        # From the C formatter in one piece, and the dashes of the 8-4-4-4-12 form put in.
        text = "%012x7%03x%016x" % (self._ms, self._counter, 1 << 63 | random & _TAIL)  # noqa: UP031
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _random(self) -> int:
        if self._used == len(self._drawn):
            count = _BYTES * _DRAW
            self._drawn, self._used = self._randbits(8 * count).to_bytes(count, "big"), 0
        begin, self._used = self._used, self._used + _BYTES
        return int.from_bytes(self._drawn[begin : self._used], "big")
