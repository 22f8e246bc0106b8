"""The lamps of the bins: what each should show, and that only changes are told. Pure."""

from __future__ import annotations

from edge.actions import Action, BinLamp, LightBin
from edge.bin_events import SceneState
from edge.clock import Now
from edge.waste.rules import Rules
from edge.waste.speech import burns
from edge.waste.state import Outcome, StationState


def show(state: StationState, rules: Rules, now: Now) -> Outcome:
    """Light what has changed."""
    actions: tuple[Action, ...] = ()
    for name, one in state.bins.items():
        if one.tried is not None and now.mono_s >= one.tried[1]:
            state = state.with_bin(name, tried=None)
        lamp = _lamp(state, rules, name, now)
        if lamp is not one.lamp:
            state, actions = state.with_bin(name, lamp=lamp), (*actions, LightBin(name, lamp))
    return state, actions


def next_deadline(state: StationState) -> float | None:
    """When a lamp has guided long enough, or was looked at."""
    times = [
        max(one.guiding_until, one.wrong_until)
        for one in state.bins.values()
        if one.tried is None and one.lamp in (BinLamp.GUIDE, BinLamp.WRONG)
    ]
    times += [one.tried[1] for one in state.bins.values() if one.tried is not None]
    return min(times, default=None)


def _lamp(state: StationState, rules: Rules, name: str, now: Now) -> BinLamp:
    one = state.bins[name]
    if burns(state, name):
        return BinLamp.FIRE
    if state.stopping:
        return BinLamp.OFF
    if one.tried is not None:
        return one.tried[0]
    if now.mono_s < one.wrong_until:
        return BinLamp.WRONG
    if now.mono_s < one.guiding_until:
        return BinLamp.GUIDE
    full = rules.levels[name].full(one.level) or one.scene is SceneState.OVERFLOWING
    return BinLamp.FULL if full else BinLamp.OFF
