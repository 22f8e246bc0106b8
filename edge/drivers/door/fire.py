"""The fire panel's line: two contacts of its changeover relay, of which always exactly one is closed.

At rest the one is closed, in an alarm the other. Both open is a cut wire, both closed a bridged one: neither can be
taken for rest or for an alarm, and no analogue input is needed for it. Inputs of machine safety are watched in the same
way (PLCopen TC5, Safety Software, function block SF_Antivalent with its DiscrepancyTime). Pure but for its own memory.
"""

from __future__ import annotations

from edge.drivers.debounce import Debounced
from edge.events import LineState

DISCREPANCY_S = 0.5
"""While the relay changes over, both contacts are open for some milliseconds, and a tired one bounces longer."""

_STATES = {
    (True, False): LineState.NORMAL,
    (False, True): LineState.ALARM,
    (False, False): LineState.OPEN,
    (True, True): LineState.SHORT,
}
_SOUND = (LineState.NORMAL, LineState.ALARM)


class FireLine:
    """`state`: what the line says, None until it is known. `frees`: whether the door must be free now: from an alarm
    until the line is at rest again, since a cable that burns through after the alarm ends no fire.
    """

    def __init__(self) -> None:
        self.state: LineState | None = None
        self.frees = False
        self._debounced: Debounced[LineState] = Debounced()
        self._unsound_since_s: float | None = None

    def begin(self, rest_closed: bool, alarm_closed: bool) -> None:
        """The very first look: who begins in a fire must not lock the door until the contacts are stable."""
        self.frees = _STATES[rest_closed, alarm_closed] is LineState.ALARM

    def look(self, rest_closed: bool, alarm_closed: bool, mono_s: float) -> None:
        """The two contacts at this moment."""
        stable = self._debounced.stable(_STATES[rest_closed, alarm_closed], mono_s)
        if stable in _SOUND:
            self._unsound_since_s = None
            self.state = stable
            self.frees = stable is LineState.ALARM
            return
        if self._unsound_since_s is None:
            self._unsound_since_s = mono_s
        if mono_s - self._unsound_since_s <= DISCREPANCY_S:
            return
        if stable is not None:
            self.state = stable
        elif self.state in (None, *_SOUND):
            self.state = LineState.OPEN  # what never comes to rest is no better than cut
