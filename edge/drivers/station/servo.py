"""A lid on a hobby servo, which cannot tell where it is: after `travel_s` it is taken to be where it was sent.

Pulses are sent while it moves and while it stands open, so that it does not sink onto a hand; a closed lid is left
alone and can be lifted.
"""

from __future__ import annotations

from edge.bin_events import LidPosition
from edge.drivers.station.lids import Drive, LidInputs, LidOutputs, Opening


class ServoControl:
    """`Drive.OFF` sends no pulses; the other two send those of the open and of the closed end."""

    def __init__(self, travel_s: float) -> None:
        self._travel_s = travel_s
        self._opening = Opening()
        self._asked: Drive | None = None
        self._drive = Drive.OFF
        self._arrives_s = 0.0
        self._position: LidPosition | None = None  # not known until it was sent somewhere

    def ask(self, *, open: bool) -> None:
        self._asked = Drive.OPENING if open else Drive.CLOSING

    def halt(self) -> None:
        """No pulses; a lid that stood open is sent there again."""
        self._asked = Drive.OPENING if Drive.OPENING in (self._asked, self._drive) else None
        self._drive, self._position = Drive.OFF, None

    def step(self, mono_s: float, inputs: LidInputs) -> LidOutputs:
        free = self._opening.free(mono_s, inputs.hand)
        if self._drive is Drive.CLOSING and inputs.hand:
            self._send(Drive.OPENING, LidPosition.BLOCKED, mono_s)
        elif self._asked is Drive.OPENING or (self._asked is Drive.CLOSING and free and not self._going_back()):
            asked, self._asked = self._asked, None
            if asked is not self._drive and not (asked is Drive.CLOSING and self._position is LidPosition.CLOSED):
                self._send(asked, LidPosition.MOVING, mono_s)
        if self._drive is not Drive.OFF and mono_s >= self._arrives_s:
            self._position = LidPosition.OPEN if self._drive is Drive.OPENING else LidPosition.CLOSED
            if self._drive is Drive.CLOSING:
                self._drive = Drive.OFF
        fault = self._opening.kept_waiting(mono_s, self._asked is Drive.CLOSING)
        return LidOutputs(self._drive, self._position, fault)

    def _going_back(self) -> bool:
        return self._position is LidPosition.BLOCKED

    def _send(self, where: Drive, position: LidPosition, mono_s: float) -> None:
        self._drive, self._position, self._arrives_s = where, position, mono_s + self._travel_s
