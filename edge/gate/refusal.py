"""Refusals: what is shown, said and told. Pure.

The words are the same for everybody who is not let in for what they are: unknown, revoked, expired, not shown to be
alive. Who stands by must not learn who is on the list; the event tells the office.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from edge.actions import KEYPAD, Action, Priority, Report, Speak, Term, Value
from edge.clock import Now
from edge.events import Way
from edge.gate import door as doors
from edge.gate.access import note, recall
from edge.gate.state import GateState, Outcome

# A face is looked at again and again: the same refusal of the same face is reported once in this time.
REPORT_AGAIN_S = 30.0
SAY_AGAIN_S = 5.0

_UNKNOWN, _LOCKED_OUT = "refused_unknown", "refused_locked_out"
_SAME_WORDS = dict.fromkeys(("refused_revoked", "refused_expired"), _UNKNOWN)
_ELSE = {
    **dict.fromkeys((_UNKNOWN, *_SAME_WORDS), "refused_face_else"),
    "refused_challenge": "refused_challenge_else",
    _LOCKED_OUT: f"{_LOCKED_OUT}_else",
}
_NO_VALUES: Mapping[str, Value] = MappingProxyType({})

Source = int | str
"""Whose refusal it is: the track of a face, or "card", "keypad", "pass"."""


def refuse(
    state: GateState,
    source: Source,
    phrase: str,
    reason: str,
    details: Mapping[str, Any],
    now: Now,
    subject: str = "",
    *,
    lamp: bool = True,
) -> Outcome:
    """Nobody is let in: the lamp, one sentence, one event."""
    ways, values = _open_ways(state, source, now.mono_s), _NO_VALUES
    if ways and phrase in _ELSE and (isinstance(source, int) or phrase == _LOCKED_OUT):
        phrase, values = _ELSE[phrase], MappingProxyType({"ways": Term("_".join(("way", *ways)))})
    door, actions = doors.refuse(state.door, now.mono_s) if lamp else (state.door, ())
    state, said = say(replace(state, door=door), phrase, now.mono_s, values)
    actions += said
    attempts = state.attempts
    repeats = isinstance(source, int) or reason == "locked_out"
    last = attempts.refused.get((source, reason), float("-inf")) if repeats else float("-inf")
    if now.mono_s - last >= REPORT_AGAIN_S or "lockout_s" in details:
        actions += (Report("access.refused", {"reason": reason, **details}, subject, Priority.ACCESS),)
        refused = note(attempts.refused, (source, reason), REPORT_AGAIN_S, now.mono_s)
        state = replace(state, attempts=replace(attempts, refused=refused))
    return state, actions


def _open_ways(state: GateState, source: Source, now_s: float) -> tuple[Way, ...]:
    """What else may be shown than what was refused. It hangs on the gate and the moment alone: known or not, whoever
    stands there hears of the same ways.
    """
    closed = {Way.FACE if isinstance(source, int) else Way.PIN}
    closed |= {Way.FACE} if state.attempts.locked(now_s) else set()
    closed |= {Way.PIN} if state.pins.locked(KEYPAD, now_s) else set()
    left = {one for way in state.ways if not way & closed for one in way}
    return tuple(way for way in Way if way in left)


def say(
    state: GateState, phrase: str, now_s: float, values: Mapping[str, Value] = _NO_VALUES
) -> tuple[GateState, tuple[Action, ...]]:
    """Say it, unless it was said a moment ago, maybe of somebody else: hearing it twice would tell who is revoked."""
    attempts, words = state.attempts, _SAME_WORDS.get(phrase, phrase)
    if recall(attempts.spoken, words, SAY_AGAIN_S, now_s):
        return state, ()
    attempts = replace(attempts, spoken=note(attempts.spoken, words, SAY_AGAIN_S, now_s))
    return replace(state, attempts=attempts), (Speak(phrase, values=values),)


def shut_out(state: GateState, source: Source, now: Now, subject: str = "") -> Outcome:
    """During a lockdown all hear the same."""
    known = subject if subject in state.people else ""  # erased between the match and now: nobody's
    return refuse(state, source, "refused_lockdown", "lockdown", {}, now, subject=known)
