"""The keypad: whose PIN it is, whether it is looked at, and what comes of it. Pure.

A wrong PIN, a number that is nobody's, and a revoked person's PIN are all compared, counted and refused alike.
"""

from __future__ import annotations

from dataclasses import replace

from edge.actions import KEYPAD, Action, CheckPin, KeepFailures, Priority, Report
from edge.clock import Now
from edge.events import PinChecked, PinTyped, PinVerdict, Way
from edge.gate import pins
from edge.gate.admit import admit
from edge.gate.refusal import refuse, say, shut_out
from edge.gate.state import GateState, Outcome, Rules
from edge.gate.ways import FRESH_S, Factor

_BY = {"by": "pin"}


def typed(state: GateState, event: PinTyped, rules: Rules, now: Now) -> Outcome:
    """Somebody typed a PIN: it is handed out to be compared, unless too many were wrong. Then it is compared for duress
    alone, of which nothing is seen or heard at the door. So it is in a fire, when the door is free anyway.
    """
    now_s = now.mono_s
    if state.pins.entry is not None:  # the one before is being compared, for a tenth of a second
        return state, ()
    if event.number:
        person = next((one for one, rule in state.people.items() if rule.number == event.number), "")
        key = person or f"#{event.number}"
    else:
        person = state.shown.latest(now_s)
        key = person or f"#{state.shown.ghost}"
        if not person and now_s - state.shown.ghost_s >= FRESH_S:
            return (state, ()) if state.burning else say(state, "need_number", now_s)
    if state.pins.locked(key, now_s):
        aside, asked = pins.aside(state.pins, now_s)
        actions: tuple[Action, ...] = ()
        state = replace(state, pins=aside)
        if not state.burning:
            state, actions = refuse(state, "keypad", "refused_locked_out", "locked_out", _BY, now, person)
        for_duress = CheckPin(aside.tickets, person, event.pin, aside.counts())
        return state, (*actions, for_duress) if asked else actions
    counted = pins.begin(state.pins, person, key, rules.policy.settings, now_s)
    check = CheckPin(counted.tickets, person, event.pin, counted.counts())
    return replace(state, pins=counted), (check,)


def checked(state: GateState, event: PinChecked, rules: Rules, now: Now) -> Outcome:
    """A PIN was compared. An answer that came too late, to another entry, or to one that could not be counted, opens
    nothing, and tells of duress all the same.
    """
    entry = state.pins.entry
    if entry is None or entry.ticket != event.ticket:
        return state, _alarm(event)
    if event.verdict is PinVerdict.WRONG or not event.opens or not entry.person or event.person != entry.person:
        state, actions = _wrong(state, rules, now)
        return state, (*actions, *_alarm(event))
    state = replace(state, pins=pins.right(state.pins))
    # Nothing of duress is to be seen or heard at the door, which opens as ever.
    actions = (KeepFailures(state.pins.counts()), *_alarm(event))
    if state.burning or state.stopping:  # the door is free, or nothing opens it any more
        return state, actions
    if state.lockdown:
        state, more = shut_out(state, "keypad", now, event.person)
        return state, (*more, *actions)
    factor = Factor(now.mono_s, now.mono_s - entry.typed_s)
    state, more = admit(state, event.person, Way.PIN, factor, "keypad", rules, now)
    return state, (*more, *actions)


def expire(state: GateState, rules: Rules, now: Now) -> Outcome:
    """Nobody has compared it: it stays counted as wrong."""
    entry = state.pins.entry
    if entry is None or now.mono_s < entry.typed_s + pins.ANSWER_S:
        return state, ()
    return _wrong(state, rules, now)


def _alarm(event: PinChecked) -> tuple[Action, ...]:
    if event.verdict is not PinVerdict.DURESS:
        return ()
    return (Report("alarm.duress", {}, event.person, Priority.ALARM),)


def _wrong(state: GateState, rules: Rules, now: Now) -> Outcome:
    entry = state.pins.entry
    assert entry is not None
    state = replace(state, pins=pins.over(state.pins))
    if state.burning or state.stopping:
        return state, ()
    if state.lockdown:
        return shut_out(state, "keypad", now, entry.person)
    settings = rules.policy.settings
    keys = [key for key in (entry.key, KEYPAD) if key in state.pins.tried]
    rest_s = max((pins.lockout_s(key, state.pins.tried[key].failures, settings) for key in keys), default=0.0)
    if rest_s:
        details = {**_BY, "lockout_s": rest_s}
        return refuse(state, "keypad", "refused_locked_out", "locked_out", details, now, entry.person)
    return refuse(state, "keypad", "refused_unknown", "pin", _BY, now, entry.person)
