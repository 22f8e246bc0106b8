"""The last steps to an open door: cooldown, anti-passback, interlock, and then the relay before anything else. Pure."""

from __future__ import annotations

from dataclasses import replace

from edge.actions import Action, Priority, Report, Speak
from edge.clock import Now
from edge.gate import door as doors
from edge.gate import passback
from edge.gate.access import note, recall
from edge.gate.refusal import refuse, say
from edge.gate.state import Entrant, GateState, Outcome, Rules, Waiting

WAIT_S = 15.0
"""How long somebody is waited for until the other door of an interlock has fallen shut."""


def grant(state: GateState, entrant: Entrant, rules: Rules, now: Now) -> Outcome:
    """Somebody has shown all that is asked of them."""
    access = rules.policy.settings
    if just_passed(state, entrant.key, rules, now.mono_s):
        return state, ()
    watched = access.passback != "off" and not entrant.visitor
    if watched and passback.offends(state.inside, entrant.subject, access, now.mono_s):
        if access.passback != "soft":
            details = {"by": entrant.data["by"]}
            return refuse(state, entrant.source, "refused_passback", "passback", details, now, entrant.subject)
        entrant = replace(entrant, data={**entrant.data, "passback": True})
    if rules.lock.interlock and state.other_open is not False and not state.door.free:
        return _wait(state, Waiting(entrant, now.mono_s + WAIT_S, entrant.slow), now)
    return _let_in(state, entrant, rules, now)


def let_out(
    state: GateState, rules: Rules, now: Now, *, wide: bool = False, subject: str = "", by: str = ""
) -> Outcome:
    """Somebody wants out: at once, but for an interlock whose other door is known to stand open; where the door is free
    nobody is told to wait.
    """
    if rules.lock.interlock and state.other_open is True and not state.door.free:
        return _wait(state, Waiting(None, now.mono_s + WAIT_S, wide, subject, by), now)
    door, actions = doors.unlock(state.door, rules.lock, now.mono_s, wide=wide)
    data = {"by": by} if by else {}
    actions += (Speak("exit"), Report("access.exit", data, subject, Priority.ACCESS))
    inside = passback.left(state.inside, subject) if subject else state.inside
    return replace(state, door=door, inside=inside), actions


def other_door(state: GateState, is_open: bool | None, rules: Rules, now: Now) -> Outcome:
    """The other door of the interlock moved; who waited for it to fall shut goes now, if they still may."""
    state = replace(state, other_open=is_open)
    if is_open is True:
        return state, ()
    goes = tuple(one for one in state.waiting if one.entrant is None or is_open is False)
    state = replace(state, waiting=tuple(one for one in state.waiting if one not in goes))
    actions: tuple[Action, ...] = ()
    for one in goes:
        if one.entrant is None:
            state, more = let_out(state, rules, now, wide=one.wide, subject=one.subject, by=one.by)
        else:
            state, more = _waited(state, one.entrant, rules, now)
        actions += more
    return state, actions


def _waited(state: GateState, entrant: Entrant, rules: Rules, now: Now) -> Outcome:
    rule = state.people.get(entrant.subject)
    reason = rules.policy.refusal(rule, now, hours=not entrant.visitor) if rule is not None else "unknown"
    if reason:  # revoked or erased meanwhile
        subject = entrant.subject if rule is not None else ""
        return refuse(state, entrant.source, "refused_unknown", reason, {"by": entrant.data["by"]}, now, subject)
    return grant(state, entrant, rules, now)  # what has changed since, as who came in meanwhile, counts again


def give_up(state: GateState, now: Now) -> Outcome:
    """Nobody is waited for for ever."""
    over = [one for one in state.waiting if now.mono_s >= one.until_s]
    if not over:
        return state, ()
    state = replace(state, waiting=tuple(one for one in state.waiting if one not in over))
    actions: tuple[Action, ...] = ()
    for entrant in (one.entrant for one in over if one.entrant is not None):
        subject = entrant.subject if entrant.subject in state.people else ""  # erased meanwhile: nobody's
        details = {"by": entrant.data["by"]}
        state, more = refuse(state, entrant.source, "refused_interlock", "interlock", details, now, subject)
        actions += more
    return state, actions


def just_passed(state: GateState, key: str, rules: Rules, now_s: float) -> bool:
    """Whether the same person's last grant is fresh, and still holds or was used; without a contact nobody knows, and
    it counts as used.
    """
    if not recall(state.attempts.granted, key, rules.policy.settings.cooldown_s, now_s):
        return False
    door = state.door
    return door.relay_on or door.leaf_open is None or door.opened_at >= state.attempts.granted[key]


def _wait(state: GateState, newest: Waiting, now: Now) -> Outcome:
    """One place for all who want out, before everybody who wants in: nobody is kept inside by who stands outside."""
    out = [one for one in state.waiting if one.entrant is None]
    entrants = [one for one in state.waiting if one.entrant is not None]
    if newest.entrant is None:
        for first in out:
            wide, subject, by = first.wide or newest.wide, first.subject or newest.subject, first.by or newest.by
            newest = replace(newest, wide=wide, subject=subject, by=by)
        out = [newest]
    elif newest.entrant.key not in {one.entrant.key for one in entrants if one.entrant is not None}:
        entrants.append(newest)
    return say(replace(state, waiting=(*out, *entrants)), "wait_other_door", now.mono_s)


def _let_in(state: GateState, entrant: Entrant, rules: Rules, now: Now) -> Outcome:
    settings, attempts, now_s = rules.policy.settings, state.attempts, now.mono_s
    door, actions = doors.unlock(state.door, rules.lock, now_s, wide=entrant.slow)
    if not recall(attempts.greeted, entrant.key, settings.greet_again_s, now_s):
        actions += (Speak("granted"),)
        greeted = note(attempts.greeted, entrant.key, settings.greet_again_s, now_s)
        attempts = replace(attempts, greeted=greeted)
    granted = note(attempts.granted, entrant.key, settings.cooldown_s, now_s)
    data = {**entrant.data, "waited_s": round(entrant.waited_s, 3)}
    report = Report("access.granted", data, entrant.subject, Priority.ACCESS)
    attempts = replace(attempts, granted=granted, failures=())
    waiting = tuple(one for one in state.waiting if one.entrant is None or one.entrant.key != entrant.key)
    state = replace(state, waiting=waiting)
    if not entrant.visitor:
        state = replace(state, inside=passback.entered(state.inside, entrant.subject, settings, now_s))
    return replace(state, door=door, attempts=attempts), (*actions, report)
