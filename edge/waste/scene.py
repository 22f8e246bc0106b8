"""What the camera says of the station itself: overflow, litter, and a view that something hangs over. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.actions import Priority, Report
from edge.bin_events import SceneJudged, SceneState
from edge.clock import Now
from edge.waste.state import Outcome, StationState

EYES = "station-camera"


def judged(state: StationState, event: SceneJudged) -> Outcome:
    """A zone changed: the rim of a bin, or the floor."""
    if event.zone in state.bins:
        if event.state is state.bins[event.zone].scene:
            return state, ()
        state = state.with_bin(event.zone, scene=event.state)
        if event.state is SceneState.CLEAR:
            return state, (Report("bin.cleared", {"bin": event.zone}, event.zone, Priority.WASTE),)
        return state, (Report("bin.overflow", {"bin": event.zone, "by": "camera"}, event.zone, Priority.ALARM),)
    if event.state is state.floor:
        return state, ()
    kind = "station.cleared" if event.state is SceneState.CLEAR else "station.littered"
    return replace(state, floor=event.state), (Report(kind, priority=Priority.WASTE),)


def forgotten(state: StationState) -> StationState:
    """The eyes begin anew: they count their items from another number, and tell what is not clean again."""
    for name, one in state.bins.items():
        if one.scene is not SceneState.CLEAR:
            state = state.with_bin(name, scene=SceneState.CLEAR)
    visit = replace(state.visit, shown=None) if state.visit else None
    return replace(state, visit=visit, floor=SceneState.CLEAR)


def covered(state: StationState, is_covered: bool, now: Now) -> Outcome:
    """Something hangs over the camera: a fault of the eyes, and never a full bin."""
    if is_covered is (state.covered_at is not None):
        return state, ()
    if is_covered:
        data: dict[str, Any] = {"component": EYES, "what": "covered", "detail": "the view is covered or turned"}
        state = replace(state, covered_at=now.mono_s, blind=state.blind | {"covered"})
        return state, (Report("sensor.fault", data | {"fatal": False}, EYES, Priority.ALARM),)
    down_s = round(now.mono_s - (state.covered_at or now.mono_s), 1)
    state = replace(state, covered_at=None, blind=state.blind - {"covered"})
    return state, (Report("sensor.recovered", {"component": EYES, "down_s": down_s}, EYES, Priority.ALARM),)
