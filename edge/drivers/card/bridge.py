"""Wiegand by way of a small microcontroller, from bytes to bits, and from bits to cards and keys: pure, and bounded.

The two wires of Wiegand carry pulses of 50 microseconds, which a program under Linux misses. A bridge counts them and
sends what came. There is no standard for that; two forms are read here:

`BitLines`: each message is a line of the bits as the letters 0 and 1, closed by CR, LF or both. Nothing but the
message's own parity guards it.

`BitFrames`: `02 N B1 … Bk X 03`: N bits, in k = ceil(N / 8) bytes from the left, filled up with zeros; X is the XOR of
N and all B.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import xor
from typing import Protocol

from edge.cards import MOST_BITS, of_bits
from edge.drivers.card import Card, Keys, Shown

_ENDS = re.compile(rb"[\r\n]")
_STX, _ETX = 0x02, 0x03
_OVERHEAD = 4  # bytes of a frame besides the bits
_KEYS = "0123456789*#"
"""By the value of a key: 10 is * (or ESC), 11 is # (or ENT), as keypad readers have it."""


class Bits(Protocol):
    """Cuts messages out of a stream. `refused`: bytes that were part of none."""

    refused: int

    def feed(self, data: bytes) -> list[str]:
        """The messages that `data` completes, oldest first, as "0" and "1"."""
        ...

    def pause(self) -> None:
        """The line was silent: what was begun does not go on, and what follows is a beginning."""
        ...


class BitLines:
    """A line counts only from a known beginning: the end of a card's line would read as a key."""

    def __init__(self) -> None:
        self._kept = b""
        self._whole = False  # whether what is kept began at the beginning of a line
        self.refused = 0

    def feed(self, data: bytes) -> list[str]:
        *lines, rest = _ENDS.split(self._kept + data)
        found = []
        for line in lines:
            if self._whole and line and not line.strip(b"01") and len(line) <= MOST_BITS:
                found.append(line.decode())
            else:
                self.refused += len(line)
            self._whole = True
        self._kept = rest
        if len(rest) > MOST_BITS:
            self.refused += len(rest)
            self._kept, self._whole = b"", False
        return found

    def pause(self) -> None:
        self.refused += len(self._kept)
        self._kept, self._whole = b"", True


class BitFrames:
    """What cannot begin a frame is dropped byte by byte; between two calls at most 19 bytes are kept."""

    def __init__(self) -> None:
        self._kept = b""
        self.refused = 0

    def feed(self, data: bytes) -> list[str]:
        data = self._kept + data
        found, place = [], 0
        while place < len(data):
            size = _frame_size(data[place:])
            if size > len(data) - place:
                break  # it may be one, once the rest has come
            bits = _bits_of(data[place : place + size]) if size else None
            if bits is None:
                self.refused += 1
                place += 1
            else:
                found.append(bits)
                place += size
        self._kept = data[place:]
        return found

    def pause(self) -> None:
        self.refused += len(self._kept)
        self._kept = b""


def bits_parser(form: str) -> Bits:
    """The parser of a form, `lines` or `frames`."""
    return BitLines() if form == "lines" else BitFrames()


def meaning(bits: str) -> Shown | None:
    """The card or key that a reader sent; None when it can be neither.

    A key is 4 bits, or 8 of which the first half is the complement of the second.
    """
    if len(bits) == 4:
        return _key(int(bits, 2))
    if len(bits) == 8:
        high, low = int(bits[:4], 2), int(bits[4:], 2)
        return _key(low) if high == low ^ 0xF else None
    name = of_bits(bits)
    return None if name is None else Card(name)


def _key(value: int) -> Keys | None:
    return Keys(_KEYS[value]) if value < len(_KEYS) else None


def _frame_size(data: bytes) -> int:
    """How long the frame is that may begin here; 0 when none can."""
    if data[0] != _STX:
        return 0
    if len(data) == 1:
        return _OVERHEAD + 1
    return _OVERHEAD + -(-data[1] // 8) if 1 <= data[1] <= MOST_BITS else 0


def _bits_of(frame: bytes) -> str | None:
    count, packed = frame[1], frame[2:-2]
    bits = "".join(f"{byte:08b}" for byte in packed)
    sound = frame[-1] == _ETX and frame[-2] == reduce(xor, packed, count) and not bits[count:].strip("0")
    return bits[:count] if sound else None
