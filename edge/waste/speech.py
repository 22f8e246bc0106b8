"""What the station says, and how it opens and lights: small steps that the decisions are made of. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from edge.actions import Action, Speak, Value
from edge.clock import Now
from edge.waste import lids
from edge.waste.rules import Rules
from edge.waste.state import Outcome, StationState

SAY_AGAIN_S = 6.0
"""The same thing is not said to the same visitor within this time."""

GUIDE_S = 12.0
"""How long a lamp guides, or tells that a bin was the wrong one."""


def say(state: StationState, now: Now, phrase: str, values: Mapping[str, Value] | None = None) -> Outcome:
    """Say it to the visitor, unless they have just heard it."""
    visit, values = state.visit, values or {}
    key = f"{phrase} {sorted(values.items(), key=str)}"
    now_s = now.mono_s
    if visit is not None and now_s - visit.said.get(key, float("-inf")) < SAY_AGAIN_S:
        return state, ()
    loud = visit is not None and now_s < visit.loud_until
    if visit is not None:
        kept = {one: at for one, at in visit.said.items() if now_s - at < SAY_AGAIN_S}
        state = replace(state, visit=replace(visit, said=MappingProxyType({**kept, key: now_s}), active_at=now_s))
    return state, (Speak(phrase, values=MappingProxyType(dict(values)), loud=loud),)


def open_lid(state: StationState, rules: Rules, name: str, now: Now) -> Outcome:
    """Open a bin for a while; one that burns, and one without a driven lid, stays as it is."""
    if not rules.driven(name) or burns(state, name):
        return state, ()
    lid, actions = lids.open_for(state.bins[name].lid, name, now.mono_s + rules.station.lid_open_s)
    return state.with_bin(name, lid=lid), actions


def open_all(state: StationState, rules: Rules, now: Now) -> Outcome:
    """Open every bin that takes something now."""
    actions: tuple[Action, ...] = ()
    for name, one in rules.bins.items():
        if rules.hours.takes(one.category, now):
            state, more = open_lid(state, rules, name, now)
            actions += more
    return state, actions


def guide_to(state: StationState, name: str, now: Now) -> StationState:
    """Light this bin, and no other."""
    for other in state.bins:
        state = state.with_bin(other, guiding_until=now.mono_s + GUIDE_S if other == name else float("-inf"))
    return state


def burns(state: StationState, name: str) -> bool:
    """Whether the bin, or the station as a whole, is on fire."""
    return state.smoke.burning or state.bins[name].fire.burning


def may_close(state: StationState, name: str) -> bool:
    """Whether its lid may be told to close at all: at the end of the process everything stays open but what burns, and
    a fire that is over by then has left nothing to close.
    """
    return not state.stopping or burns(state, name)
