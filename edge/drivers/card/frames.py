"""What simple card readers say, from bytes to cards: pure, and in bounded memory.

`LineFrames`: an id in a line, as most readers with a serial or USB port print it. Nothing guards such a line but its
length: noise that makes so many hexadecimal digits and a line end is taken for a card.

`StxFrames`: STX, ten hexadecimal digits, two of checksum (XOR of the five bytes), perhaps CR LF, ETX. So speak the 125
kHz modules RDM6300 and ID-12LA (their data sheets). Of random bytes no place in 10^17 looks like a frame.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

_ENDS = re.compile(rb"[\r\n]")
_MOST_LINE = 64
_FRAME = re.compile(rb"\x02([0-9A-Fa-f]{10})([0-9A-Fa-f]{2})(?:\r\n)?\x03")
_FRAME_BYTES = 16
_STX = 0x02


class LineFrames:
    """`digits`: how many an id has. `refused`: bytes of lines that were none."""

    def __init__(self, digits: int) -> None:
        self._id = re.compile(rb"[\x02\x03]*([0-9A-Fa-f]{%d})\x03?" % digits)
        self._kept = b""
        self._lost = False  # in a line that is too long already
        self.refused = 0

    def feed(self, data: bytes) -> list[str]:
        """The cards of the lines that `data` completes, oldest first."""
        *lines, rest = _ENDS.split(self._kept + data)
        found = []
        for line in lines:
            match = None if self._lost else self._id.fullmatch(line)
            if match:
                found.append(f"id:{match[1].decode().upper()}")
            elif line.strip(b"\x02\x03"):
                self.refused += len(line)
            self._lost = False
        self._kept = rest
        if len(rest) > _MOST_LINE:
            self.refused += len(rest)
            self._kept, self._lost = b"", True
        return found

    def pause(self) -> None:
        """The line was silent: what was begun does not go on."""
        self.refused += len(self._kept.strip(b"\x02\x03"))
        self._kept, self._lost = b"", False


class StxFrames:
    """What cannot begin a frame is dropped, so that garbage costs no more than what it damaged; between two calls at
    most 15 bytes are kept. `refused`: bytes that were dropped.
    """

    def __init__(self) -> None:
        self._kept = b""
        self.refused = 0

    def feed(self, data: bytes) -> list[str]:
        """The cards of the frames that `data` completes, oldest first."""
        data = self._kept + data
        found, done = [], 0
        for match in _FRAME.finditer(data):
            self.refused += match.start() - done
            done = match.end()
            number = bytes.fromhex(match[1].decode())
            if reduce(xor, number) == int(match[2], 16):
                found.append(f"em:{number.hex().upper()}")
            else:
                self.refused += len(match[0])
        left = data[done:]
        start = left.rfind(_STX)
        self._kept = left[start:] if start >= 0 and len(left) - start < _FRAME_BYTES else b""
        self.refused += len(left) - len(self._kept)
        return found

    def pause(self) -> None:
        """The line was silent: what was begun does not go on."""
        self.refused += len(self._kept)
        self._kept = b""


def frames(form: str, digits: int) -> LineFrames | StxFrames:
    """The parser of a form, `lines` or `stx`."""
    return LineFrames(digits) if form == "lines" else StxFrames()
