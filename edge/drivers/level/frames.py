"""What ultrasonic rangers say, from bytes to readings: pure, and in bounded memory.

Two answers are common. `FF H L SUM` with SUM = (FF + H + L) & FF comes by itself or on request; of random bytes one
place in 65,536 looks like a frame. `H L`, the answer to 0x55, has neither mark nor sum: any two bytes are one, so the
driver hears it out in silence, and `Twice` wants it said twice.

A number that the module cannot mean has no distance: 0 and FFFF (no echo), FFFD (nothing found), FFFE (another
ranger interferes), the blind zone below `least_mm`, and whatever lies beyond `most_mm`.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.bin_events import Reading

REQUEST = b"\x55"
_MARK = 0xFF
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Span:
    """What a module can measure, and the unit it counts in."""

    unit_mm: float
    least_mm: float
    most_mm: float

    def reading(self, number: int, temperature_c: float | None = None) -> Reading:
        """The number that a module said, as a distance if it can be one."""
        distance_mm = number * self.unit_mm
        inside = number not in (0, 0xFFFF) and self.least_mm <= distance_mm <= self.most_mm
        return Reading(distance_mm=distance_mm if inside else None, temperature_c=temperature_c)


class ChecksumFrames:
    """Cuts `FF H L SUM` out of a stream. What cannot begin a frame is dropped byte by byte, so that garbage costs no
    more than what it damaged; between two calls at most three bytes are kept.
    """

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, data: bytes) -> list[int]:
        """The numbers (0 to 65535) of the frames that `data` completes, oldest first."""
        data = self._kept + data
        numbers = []
        place = data.find(_MARK)
        while 0 <= place <= len(data) - _LENGTH:
            high, low, told = data[place + 1 : place + _LENGTH]
            good = (_MARK + high + low) & 0xFF == told
            if good:
                numbers.append(high << 8 | low)
            place = data.find(_MARK, place + (_LENGTH if good else 1))
        self._kept = data[place:] if place >= 0 else b""
        return numbers

    def pause(self) -> None:
        """The line was silent: what follows begins a frame. Without this 511 mm (FF 01 FF FF), heard from the middle of
        a frame on, would read as FF FF 01 FF for ever.
        """
        self._kept = b""


def two_byte_number(answer: bytes) -> int | None:
    """The number in everything that was heard after a request; None unless it is two bytes exactly."""
    return int.from_bytes(answer, "big") if len(answer) == 2 else None
