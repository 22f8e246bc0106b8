"""Corrections: what a collector, a resident or the office says of a drop, and the field accuracy that follows. Pure."""

from __future__ import annotations

from dataclasses import replace

from edge.actions import Action, Answer, Priority, Report
from edge.events import OrderGiven
from edge.waste.state import Outcome, StationState, Tally, Told

MOST_RECENT = 500
"""So many drops are remembered by their number, for a correction that comes later."""

REPORT_EVERY_S = 86_400.0
REMEMBERED_AFTER_S = 3_600.0
"""What an earlier run has counted is told so soon: a station that is restarted every day would never tell it."""


def judged(state: StationState, told: Told) -> StationState:
    """A drop was reported; one that was judged counts."""
    state = replace(state, recent=(*state.recent, told)[-MOST_RECENT:])
    if not told.category:
        return state
    tally = state.bins[told.bin].tally
    return state.with_bin(told.bin, tally=replace(tally, judged=tally.judged + 1))


def correct(state: StationState, told: Told, category: str, by: str) -> Outcome:
    """A drop was something else; `category` is empty where nobody said what. The same is not counted twice."""
    tally = state.bins[told.bin].tally
    if told.category and told.category != category:
        state = state.with_bin(told.bin, tally=replace(tally, wrong=tally.wrong + 1))
    recent = tuple(replace(one, category="") if one.number == told.number else one for one in state.recent)
    data = {"drop": told.number, "bin": told.bin, "by": by}
    data |= {key: value for key, value in (("was", told.category), ("category", category)) if value}
    return replace(state, recent=recent), (Report("waste.corrected", data, priority=Priority.WASTE),)


def by_order(state: StationState, order: OrderGiven) -> Outcome:
    """A correction of the office; refused for a drop that is not remembered."""
    number, category = str(order.args["drop"]), str(order.args["category"])
    told = next((one for one in state.recent if one.number == number), None)
    if told is None:
        return state, (Answer(order.command, False, "unknown", "no such drop is remembered here"),)
    state, actions = correct(state, told, category, "office")
    return state, (*actions, Answer(order.command, True))


def first_report(state: StationState, now_s: float) -> float:
    """When a run that begins now tells for the first time."""
    remembered = any(one.tally.judged for one in state.bins.values())
    return now_s + (REMEMBERED_AFTER_S if remembered else REPORT_EVERY_S)


def report(state: StationState, now_s: float) -> Outcome:
    """Once a day: how often the station was right, for each bin, since the last time."""
    actions: list[Action] = []
    for name, one in state.bins.items():
        if one.tally.judged:
            data = {"bin": name, "judged": one.tally.judged, "wrong": one.tally.wrong}
            actions.append(Report("waste.accuracy", data, name))
            state = state.with_bin(name, tally=Tally())
    return replace(state, accuracy_at=now_s + REPORT_EVERY_S), tuple(actions)
