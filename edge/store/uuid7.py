"""Event ids: UUID version 7 of RFC 9562, section 5.7, ascending within a process.

Python has no `uuid.uuid7` before 3.14. The order follows section 6.2, method 1: the twelve bits `rand_a` count up
within a millisecond, from a random start in their lower half, and a clock that goes back does not take them along.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

_MAX_MS = (1 << 48) - 1


class Uuid7:
    """Makes ids, each greater than the one before. For one thread."""

    def __init__(self, randbits: Callable[[int], int] = secrets.randbits) -> None:
        self._randbits = randbits
        self._ms = -1
        self._counter = 0

    def __call__(self, wall_us: int) -> str:
        """The id of something that happened at `wall_us`, microseconds since 1970, in the 8-4-4-4-12 form."""
        ms = min(max(wall_us // 1000, 0), _MAX_MS - 1)
        if ms > self._ms:
            self._ms, self._counter = ms, self._randbits(11)
        elif self._counter < 0xFFF:
            self._counter += 1
        else:
            self._ms, self._counter = self._ms + 1, self._randbits(11)
        value = self._ms << 80 | 0x7 << 76 | self._counter << 64 | 0b10 << 62 | self._randbits(62)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
