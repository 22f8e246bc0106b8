"""Refusals: what is shown, said and told. Pure.

The words are the same for everybody who is not let in for what they are: unknown, revoked, expired, not shown to be
alive. Who stands by must not learn who is on the list; the event tells the office.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.actions import Action, Priority, Report, Speak
from edge.clock import Now
from edge.gate import door as doors
from edge.gate.access import note, recall
from edge.gate.state import GateState, Outcome

# A face is looked at again and again: the same refusal of the same face is reported once in this time.
REPORT_AGAIN_S = 30.0
SAY_AGAIN_S = 5.0

_UNKNOWN = "refused_unknown"
_SAME_WORDS = dict.fromkeys(("refused_revoked", "refused_expired"), _UNKNOWN)
_ELSE = {
    **dict.fromkeys((_UNKNOWN, *_SAME_WORDS), "refused_face_else"),
    "refused_challenge": "refused_challenge_else",
}

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
    if state.offers and isinstance(source, int):
        phrase = _ELSE.get(phrase, phrase)
    door, actions = doors.refuse(state.door, now.mono_s) if lamp else (state.door, ())
    state, said = say(replace(state, door=door), phrase, now.mono_s)
    actions += said
    attempts = state.attempts
    repeats = isinstance(source, int) or reason == "locked_out"
    last = attempts.refused.get((source, reason), float("-inf")) if repeats else float("-inf")
    if now.mono_s - last >= REPORT_AGAIN_S or "lockout_s" in details:
        actions += (Report("access.refused", {"reason": reason, **details}, subject, Priority.ACCESS),)
        refused = note(attempts.refused, (source, reason), REPORT_AGAIN_S, now.mono_s)
        state = replace(state, attempts=replace(attempts, refused=refused))
    return state, actions


def say(state: GateState, phrase: str, now_s: float) -> tuple[GateState, tuple[Action, ...]]:
    """Say it, unless it was said a moment ago, maybe of somebody else: hearing it twice would tell who is revoked."""
    attempts, words = state.attempts, _SAME_WORDS.get(phrase, phrase)
    if recall(attempts.spoken, words, SAY_AGAIN_S, now_s):
        return state, ()
    attempts = replace(attempts, spoken=note(attempts.spoken, words, SAY_AGAIN_S, now_s))
    return replace(state, attempts=attempts), (Speak(phrase),)


def shut_out(state: GateState, source: Source, now: Now, subject: str = "") -> Outcome:
    """During a lockdown all hear the same."""
    known = subject if subject in state.people else ""  # erased between the match and now: nobody's
    return refuse(state, source, "refused_lockdown", "lockdown", {}, now, subject=known)
