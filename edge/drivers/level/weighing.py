"""What weighing indicators print, from bytes to loads: pure, and in bounded memory.

One line a measurement, as most indicators of the trade send it in their continuous mode: `ST,GS,+  12.345kg`. First
whether the load stands still (ST, US) or is more than the scale bears (OL), then gross or net (GS, NT; a line of the
tare, TR, is none), sign, number, unit; CR LF. Spaces, a missing second field and a comma before the unit do not matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MOST_BYTES = 64
"""Of a line; the longest known has 24."""

_LINE = re.compile(
    rb"(?P<state>ST|US)\s*(?:,\s*(?:GS|NT))?\s*,?\s*"
    rb"(?P<sign>[+-]?)\s*(?P<number>[0-9]{1,7}(?:\.[0-9]{1,5})?)\s*,?\s*(?P<unit>kg|g|lb|t)",
    re.IGNORECASE,
)
_OVERLOAD = re.compile(rb"OL(?:\s*,.*)?", re.IGNORECASE)
_GRAMS = {b"g": 1.0, b"kg": 1000.0, b"t": 1e6, b"lb": 453.59237}


@dataclass(frozen=True, slots=True)
class Weighing:
    """One line. `load_g` is below 0 when the scale carries less than at its zero, and None at overload."""

    load_g: float | None
    stable: bool


class WeighingLines:
    """Cuts lines out of a stream; a line that says nothing known is dropped, so is one that does not end."""

    def __init__(self) -> None:
        self._kept = b""
        self._skips = False

    def feed(self, data: bytes) -> list[Weighing]:
        """What the lines say that `data` completes, oldest first."""
        *lines, rest = (self._kept + data).replace(b"\r", b"\n").split(b"\n")
        if self._skips and lines:
            lines, self._skips = lines[1:], False
        if len(rest) > _MOST_BYTES:
            rest, self._skips = b"", True
        self._kept = rest
        return [weighing for line in lines if (weighing := _weighing(line.strip())) is not None]

    def restart(self) -> None:
        """Bytes were thrown away: the end of some later line must not be taken for that of the one that had begun."""
        self._kept = b""


def _weighing(line: bytes) -> Weighing | None:
    if len(line) > _MOST_BYTES:
        return None
    if _OVERLOAD.fullmatch(line):
        return Weighing(None, stable=True)
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    load_g = float(match["number"]) * _GRAMS[match["unit"].lower()]
    return Weighing(-load_g if match["sign"] == b"-" else load_g, stable=match["state"].upper() == b"ST")
