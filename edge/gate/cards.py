"""Cards and passes. Pure."""

from __future__ import annotations

from dataclasses import replace

from edge.clock import Now
from edge.events import CardShown, PassShown, Way
from edge.gate.admit import admit
from edge.gate.grant import grant, let_out
from edge.gate.refusal import refuse, say, shut_out
from edge.gate.state import Entrant, GateState, Outcome, Rules
from edge.gate.ways import Factor, more_than

INSIDE = "card-inside"
"""The reader on the inside: a card there opens the way out."""
PAUSE_S = 3.0
"""After several cards of nobody's, one is looked at in this time: the 24 bits of a Wiegand frame can be tried out at
twenty a second by whoever gets at the reader's wires.
"""
_ELSEWHERE = ("wrong_zone", "wrong_site")
_UNREADABLE = ("malformed", "foreign_signer")


def card(state: GateState, event: CardShown, rules: Rules, now: Now) -> Outcome:
    """A card was held to a reader."""
    settings, details = rules.policy.settings, {"by": "card", "reader": event.reader}
    known, inside = event.person in state.people, event.reader == INSIDE
    if inside and known:  # whoever is inside may leave, a revoked person too
        return let_out(state, rules, now, wide=state.people[event.person].slow, subject=event.person, by="card")
    if state.lockdown:
        return shut_out(state, "card", now, event.person)
    recent = tuple(at_s for at_s in state.unknown_cards if now.mono_s - at_s < settings.lockout_window_s)
    if len(recent) >= settings.lockout_failures and now.mono_s - recent[-1] < PAUSE_S:
        return state, ()
    if known:
        factor = Factor(now.mono_s, _waited_s(event, now), {"reader": event.reader})
        return admit(state, event.person, Way.CARD, factor, "card", rules, now)
    state = replace(state, unknown_cards=(*recent, now.mono_s)[-settings.lockout_failures :])
    if more := more_than(rules.policy.ways_now(now), Way.CARD):
        # A resident's card would be asked for more now. So is this one, and what comes then is compared with nothing.
        state = replace(state, shown=replace(state.shown, ghost_s=now.mono_s, ghost=f"card:{event.alias}"))
        return say(state, f"need_{more}", now.mono_s)
    return refuse(state, "card", "refused_unknown", "unknown", details, now)


def shown_pass(state: GateState, event: PassShown, rules: Rules, now: Now) -> Outcome:
    """A pass was held to the camera."""
    details = {"by": "pass", "pass": event.number} if event.number else {"by": "pass"}
    if state.lockdown:
        return shut_out(state, "pass", now, event.holder)
    rule = state.people.get(event.holder)
    subject = event.holder if rule is not None else ""
    if event.reason:
        return refuse(state, "pass", _phrase(event.reason), event.reason, details, now, subject)
    if rule is None:
        return refuse(state, "pass", "refused_unknown", "unknown", details, now)
    if not event.visitor:
        factor = Factor(now.mono_s, _waited_s(event, now), {"pass": event.number})
        return admit(state, event.holder, Way.PASS, factor, "pass", rules, now)
    if reason := rules.policy.refusal(rule, now, hours=False):  # who invited them may not pass any more
        return refuse(state, "pass", "refused_unknown", reason, details, now, subject)
    if frozenset({Way.PASS}) not in rules.policy.ways_now(now):
        return refuse(state, "pass", "refused_schedule", "way", details, now, subject)
    data = {**details, "visitor": True}
    entrant = Entrant(f"pass:{event.number}", event.holder, "pass", data, _waited_s(event, now), visitor=True)
    return grant(state, entrant, rules, now)


def _waited_s(event: CardShown | PassShown, now: Now) -> float:
    """How long it took until it was decided about: on its way here, and in the inbox."""
    return 0.0 if event.seen_s is None else max(0.0, now.mono_s - event.seen_s)


def _phrase(reason: str) -> str:
    if reason in _ELSEWHERE:
        return "refused_pass_elsewhere"
    if reason in _UNREADABLE:
        return "refused_pass_unreadable"
    if reason in ("expired", "not_yet_valid", "used_up"):
        return f"refused_pass_{reason}"
    return {"clock": "refused_clock", "storage": "fault"}.get(reason, "refused_unknown")
