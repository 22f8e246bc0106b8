"""What the station does about a fire: told at once, lids closed unless a hand is in, said until it is over. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.actions import Action, Priority, Report, Speak
from edge.clock import Now
from edge.waste import fire, lids
from edge.waste.fire import Fire
from edge.waste.rules import Rules
from edge.waste.state import Outcome, StationState

WARN_EVERY_S = 30.0
_STATION = ""


def sensed(state: StationState, rules: Rules, name: str, now: Now, *, smoke: bool) -> Outcome:
    """The smoke input of a bin, or of the station."""
    before = _of(state, name)
    return _after(state, rules, name, before, fire.smell(before, smoke, now.mono_s), "smoke", now)


def felt(state: StationState, rules: Rules, name: str, celsius: float, now: Now) -> Outcome:
    """The temperature in a bin."""
    before = _of(state, name)
    return _after(state, rules, name, before, fire.feel(before, celsius, rules.station, now.mono_s), "heat", now)


def advance(state: StationState, rules: Rules, now: Now) -> Outcome:
    """Fires that are over, lids that a hand has left, and the spoken warning."""
    actions: tuple[Action, ...] = ()
    for name in (_STATION, *state.bins):
        before = _of(state, name)
        after = fire.settle(before, now.mono_s)
        if after is not before:
            state, more = _after(state, rules, name, before, after, "", now)
            actions += more
    if state.burning and now.mono_s >= state.warned_at + WARN_EVERY_S:
        state = replace(state, warned_at=now.mono_s)
        actions += (Speak("fire_warning", urgent=True),)
    return state, actions


def next_deadline(state: StationState) -> float | None:
    """When `advance` has something to do."""
    times = [at for name in (_STATION, *state.bins) if (at := _of(state, name).ends_at()) is not None]
    if state.burning:
        times.append(state.warned_at + WARN_EVERY_S)
    return min(times, default=None)


def _after(state: StationState, rules: Rules, name: str, before: Fire, after: Fire, by: str, now: Now) -> Outcome:
    state = replace(state, smoke=after) if name == _STATION else state.with_bin(name, fire=after)
    if after.burning == before.burning:
        return state, ()
    data: dict[str, Any] = {"bin": name} if name else {}
    if not after.burning:
        return state, (Report("bin.fireover", data, name, Priority.ALARM),)
    data |= {"by": by} | ({"celsius": after.celsius} if after.celsius is not None else {})
    for one in state.bins if name == _STATION else (name,):
        if rules.driven(one):
            state = state.with_bin(one, lid=lids.close_soon(state.bins[one].lid, now.mono_s))
    state = replace(state, warned_at=now.mono_s)
    return state, (Report("bin.fire", data, name, Priority.ALARM), Speak("fire_warning", urgent=True))


def _of(state: StationState, name: str) -> Fire:
    return state.bins[name].fire if name else state.smoke
