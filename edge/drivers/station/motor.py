"""A lid with a motor on an H-bridge, two end stops and, where it is wired, an input that tells that it strains."""

from __future__ import annotations

from edge.bin_events import LidPosition
from edge.drivers.station.lids import Drive, LidInputs, LidOutputs, Opening

# Between the two directions the bridge is off: its transistors need it, and the motor runs out.
REVERSE_S = 0.1
# A motor that starts draws as much as one that strains; a lid has moved by millimetres then.
START_S = 0.3
# An end stop bounces, and a lid springs back from it.
SETTLE_S = 0.1

_END = {Drive.OPENING: LidPosition.OPEN, Drive.CLOSING: LidPosition.CLOSED}
_NEVER = float("-inf")


class MotorControl:
    """A run in one direction lasts until its end stop is reached or the motor has been on that way for `longest_s`,
    however often it was broken off and asked for anew. The latter is a fault, and the motor rests as long before it
    tries that direction again. Strain stops a closing lid only: one that opens against ice may strain until its time is
    over.
    """

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._opening = Opening()
        self._asked: Drive | None = None  # not begun
        self._run: Drive | None = None  # begun, though the motor may pause
        self._again = False  # asked to open with less than the whole time left: if that fails, it is tried once more
        self._ran_s = 0.0
        self._way, self._on_s = Drive.OFF, 0.0  # that way, since it arrived, rested as long as it may run, or turned
        self._drive = Drive.OFF
        self._last_s = 0.0
        self._stopped, self._stopped_s = Drive.OFF, _NEVER
        self._rests, self._rests_until_s = Drive.OFF, _NEVER
        self._blocked_s: float | None = None
        self._end: LidPosition | None = None
        self._end_since_s = _NEVER
        self._torn_since_s: float | None = None
        self._lost: Drive | None = None

    def ask(self, *, open: bool) -> None:
        self._asked = Drive.OPENING if open else Drive.CLOSING

    def halt(self) -> None:
        self._switch(Drive.OFF, self._last_s)
        self._forget_closing()

    def step(self, mono_s: float, inputs: LidInputs) -> LidOutputs:
        if self._drive is not Drive.OFF:
            on_s = max(0.0, mono_s - self._last_s)
            self._ran_s += on_s
            self._on_s += on_s
        self._last_s = mono_s
        free = self._opening.free(mono_s, inputs.hand)
        torn = self._contradicted(mono_s, inputs)
        self._begin(free)
        pinched = inputs.hand or (inputs.strained and self._drive is Drive.CLOSING and self._ran_s >= START_S)
        if self._run is Drive.CLOSING and pinched:
            self._run, self._ran_s, self._blocked_s = Drive.OPENING, 0.0, mono_s
            self._opening.free(mono_s, hand=True)  # what it strained against counts as a hand
        self._finish(mono_s, inputs)
        self._switch(self._wanted(mono_s, inputs), mono_s)
        kept = self._opening.kept_waiting(mono_s, self._asked is Drive.CLOSING)
        return LidOutputs(self._drive, self._position(inputs), torn or self._lost_text() or kept)

    def _contradicted(self, mono_s: float, inputs: LidInputs) -> str:
        if not (inputs.open_stop and inputs.closed_stop):
            self._torn_since_s = None
            return ""
        self._forget_closing()
        if self._torn_since_s is None:
            self._torn_since_s = mono_s
        return "both end stops say that they are reached" if mono_s - self._torn_since_s >= SETTLE_S else ""

    def _forget_closing(self) -> None:
        """Whoever wants it shut asks again."""
        if self._asked is Drive.CLOSING:
            self._asked = None
        if self._run is Drive.CLOSING:
            self._run = None

    def _begin(self, free: bool) -> None:
        """An order to open is begun at once; one to close when the opening is free and the lid has gone back up."""
        if self._asked is None or (self._asked is Drive.CLOSING and not (free and self._blocked_s is None)):
            return
        self._again = self._asked is self._way is Drive.OPENING and self._on_s > 0.0
        if self._asked is not self._run:
            self._ran_s = 0.0
        self._run, self._asked = self._asked, None

    def _finish(self, mono_s: float, inputs: LidInputs) -> None:
        """End the run at its end, or when its time is over."""
        end = _end_of(inputs)
        if end is not self._end:
            self._end, self._end_since_s = end, mono_s
        settled = end is not None and mono_s - self._end_since_s >= SETTLE_S
        if settled and self._lost is not None and end is _END[self._lost]:
            self._lost = None
        if self._run is None or (self._blocked_s is not None and mono_s - self._blocked_s < REVERSE_S):
            return
        if settled and end is _END[self._run]:
            if self._way is self._run:  # else it never left this end
                self._on_s = 0.0
            self._run, self._blocked_s, self._rests_until_s = None, None, _NEVER
        elif self._way is self._run and self._on_s >= self._longest_s:
            self._lost = self._rests = self._run
            self._rests_until_s = mono_s + self._longest_s
            self._asked = self._asked or (Drive.OPENING if self._again else None)
            self._run, self._on_s, self._blocked_s = None, 0.0, None

    def _wanted(self, mono_s: float, inputs: LidInputs) -> Drive:
        run = self._run
        if run is None or (inputs.open_stop and inputs.closed_stop) or _end_of(inputs) is _END[run]:
            return Drive.OFF
        return Drive.OFF if run is self._rests and mono_s < self._rests_until_s else run

    def _switch(self, wanted: Drive, mono_s: float) -> None:
        if wanted is self._drive:
            return
        if self._drive is not Drive.OFF:
            self._stopped, self._stopped_s, self._drive = self._drive, mono_s, Drive.OFF
        elif wanted is self._stopped or mono_s - self._stopped_s >= REVERSE_S:
            self._drive = wanted
            if wanted is not self._way or mono_s - self._stopped_s >= self._longest_s:
                self._way, self._on_s = wanted, 0.0

    def _position(self, inputs: LidInputs) -> LidPosition | None:
        if inputs.open_stop and inputs.closed_stop:
            return None
        if self._blocked_s is not None:
            return LidPosition.BLOCKED
        return _end_of(inputs) or LidPosition.MOVING

    def _lost_text(self) -> str:
        return "" if self._lost is None else f"not {_END[self._lost].value} after {self._longest_s:g} s"


def _end_of(inputs: LidInputs) -> LidPosition | None:
    """The end that the stops tell of, if exactly one is reached."""
    if inputs.open_stop == inputs.closed_stop:
        return None
    return LidPosition.OPEN if inputs.open_stop else LidPosition.CLOSED
