"""The lines that are watched: the fire panel's, and the contact of the housing. Pure.

An alarm on the fire line frees the door, whatever else holds, until the line is at rest again: a cable that burns
through after it has told of a fire leaves the door free. A line that was cut or bridged before is a fault.
"""

from __future__ import annotations

from dataclasses import replace

from edge.actions import Action, Priority, Report, Speak
from edge.clock import Now
from edge.events import LineState
from edge.gate import challenge
from edge.gate import door as doors
from edge.gate.state import GateState, Outcome

FIRE_LINE = "fire-line"
_FAULTS = (LineState.OPEN, LineState.SHORT)


def fire_line(state: GateState, line: LineState, now: Now) -> Outcome:
    """The fire panel's line changed."""
    before, now_s = state.fire, now.mono_s
    if line is before:
        return state, ()
    actions: tuple[Action, ...] = ()
    if line is LineState.ALARM and not state.burning:
        door, actions = doors.free(state.door, now_s)
        state = replace(state, door=door, burning=True, waiting=(), challenges=challenge.ended(state.challenges))
        actions += (Speak("fire_free", urgent=True), Report("fire.alarm", priority=Priority.ALARM))
    elif line is LineState.NORMAL and state.burning:
        state = replace(state, burning=False)
        if not state.freed:
            door, actions = doors.unfree(state.door, now_s)
            state = replace(state, door=door)
        actions += (Report("fire.over", priority=Priority.ALARM),)
    if before in _FAULTS:
        down = {"component": FIRE_LINE, "down_s": round(now_s - state.fire_since_s, 1)}
        actions += (Report("sensor.recovered", down, FIRE_LINE, Priority.ALARM),)
    if line in _FAULTS:
        fault = {"component": FIRE_LINE, "what": f"the line is {line}", "detail": "", "fatal": False}
        actions += (Report("sensor.fault", fault, FIRE_LINE, Priority.ALARM),)
    return replace(state, fire=line, fire_since_s=now_s), actions


def housing(state: GateState, is_open: bool) -> Outcome:
    """The housing was opened or closed."""
    if is_open == state.tampered:
        return state, ()
    kind = "tamper.opened" if is_open else "tamper.closed"
    return replace(state, tampered=is_open), (Report(kind, priority=Priority.ALARM),)
