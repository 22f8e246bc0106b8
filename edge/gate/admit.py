"""Somebody on the roster has shown something: they are let in, asked for more, or refused. Pure.

Whether they may pass at all is looked at last, when everything has been shown: a revoked person is asked for the same
things as anybody else, and hears the same in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edge.clock import Now
from edge.events import AccessRule, Way
from edge.gate.grant import grant, just_passed
from edge.gate.refusal import Source, refuse, say
from edge.gate.state import Entrant, GateState, Outcome, Rules
from edge.gate.ways import Factor, completed, forget, show, wanted


def admit(state: GateState, person: str, way: Way, factor: Factor, source: Source, rules: Rules, now: Now) -> Outcome:
    """`person` has shown `way`, just now."""
    rule = state.people.get(person)
    if rule is None:  # erased or revoked between the look-up and now
        return refuse(state, source, "refused_unknown", "unknown", factor.data, now)
    if just_passed(state, person, rules, now.mono_s):
        return state, ()
    before, state = state, replace(state, shown=show(state.shown, person, way, factor))
    have = state.shown.of(person, now.mono_s)
    ways = rules.policy.ways_of(rule, now)
    done = completed(ways, have)
    if done is None:
        more = wanted(ways, have, way)
        if more is None:  # not remembered: a PIN typed now is a stranger's, too
            return refuse(before, source, "refused_unknown", "way", factor.data, now, person)
        return say(state, f"need_{more}", now.mono_s)
    state = replace(state, shown=forget(state.shown, person))
    if reason := rules.policy.refusal(rule, now):
        phrase = "refused_expired" if reason == "not_yet_valid" else f"refused_{reason}"
        return refuse(state, source, phrase, reason, factor.data, now, person)
    used = {way: have[way] for way in Way if way in done}
    return grant(state, _entrant(rule, used, source, now.mono_s), rules, now)


def _entrant(rule: AccessRule, used: Mapping[Way, Factor], source: Source, now_s: float) -> Entrant:
    first = min(used.values(), key=lambda factor: factor.at_s - factor.waited_s)
    data = {"by": "+".join(used)}
    for factor in used.values():
        data |= factor.data
    waited_s = now_s - first.at_s + first.waited_s
    return Entrant(rule.person, rule.person, source, data, waited_s, rule.slow)
