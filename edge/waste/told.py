"""A drop becomes an event, exactly one: dropped, missorted, or dropped outside the hours. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.actions import Action, KeepClip, KeepItem, Priority, Report, Term
from edge.clock import Now
from edge.waste import corrections
from edge.waste.drops import NOT_SEEN, Drop, Sense, noticed, same
from edge.waste.guide import arrived, closed, who
from edge.waste.rules import Rules
from edge.waste.speech import GUIDE_S, say
from edge.waste.state import Outcome, StationState, Told
from edge.waste.verdict import Kind, Verdict

SHOWN_S = 20.0
"""A drop that the camera did not see is of the item that was held up within this time before."""

POINTS = 1


def notice(
    state: StationState,
    rules: Rules,
    name: str,
    sense: Sense,
    now: Now,
    verdict: Verdict = NOT_SEEN,
    item: int = -1,
    load_g: float | None = None,
) -> Outcome:
    """One sense says that something fell into a bin."""
    state, actions = arrived(state, rules, now, greet=False)
    known = same(state.drops, name, sense, now.mono_s)
    if known is not None:
        drop = noticed(known, sense, verdict, item, load_g)
        return replace(state, drops=tuple(drop if one is known else one for one in state.drops)), actions
    number = f"{rules.boot}-{state.count}"
    drop = Drop(number, name, now.mono_s, (sense,), verdict, item, load_g)
    level = rules.levels[name].dropped(state.bins[name].level, now)
    state = replace(state.with_bin(name, level=level), drops=(*state.drops, drop), count=state.count + 1)
    return state, actions


def conclude(state: StationState, rules: Rules, now: Now) -> Outcome:
    """Tell the drops that nothing more will be said of."""
    actions: tuple[Action, ...] = ()
    for drop in state.drops:
        if now.mono_s >= drop.due_at:
            state = replace(state, drops=tuple(one for one in state.drops if one is not drop))
            state, more = _tell(state, rules, drop, now)
            actions += more
    return state, actions


def _tell(state: StationState, rules: Rules, drop: Drop, now: Now) -> Outcome:
    state, drop = _of_what_was_shown(state, drop)
    own = rules.bins[drop.bin].category
    category = drop.verdict.category if drop.verdict.kind is Kind.SURE else ""
    person = who(state) if rules.identifies else ""
    data: dict[str, Any] = {"drop": drop.number, "bin": drop.bin, "takes": own, "by": list(drop.senses)}
    if category:
        data["category"] = category
        if drop.verdict.fine:  # what somebody answered has neither
            data |= {"fine": drop.verdict.fine, "probability": round(drop.verdict.probability, 3)}
    if drop.load_g is not None:
        data["load_g"] = round(drop.load_g, 1)
    told = Told(drop.number, drop.bin, category)
    state = corrections.judged(state, told)
    keep: tuple[Action, ...] = (KeepItem(drop.item, drop.number),) if drop.item >= 0 else ()
    if not rules.hours.takes(own, now):
        state, spoken = closed(state, rules, own, now)
        clip = KeepClip("waste.offhours", drop.number)
        told_so = (Report("waste.offhours", data, person, Priority.WASTE), clip, *keep, *spoken)
        return _confirmed(state, told, now), told_so
    if category and category != own:
        state = state.with_bin(drop.bin, wrong_until=now.mono_s + GUIDE_S)
        state, spoken = say(state, now, "wrong_bin", {"right": Term(category)})
        return _confirmed(state, told, now), (
            Report("waste.missorted", data, person, Priority.WASTE),
            *keep,
            *spoken,
        )
    if category and person:
        data["points"] = POINTS
    state, spoken = say(state, now, "station_thanks")
    return _confirmed(state, told, now), (Report("waste.dropped", data, person, Priority.WASTE), *keep, *spoken)


def _of_what_was_shown(state: StationState, drop: Drop) -> tuple[StationState, Drop]:
    """What the camera did not see fall is what was held up just before; each item falls once."""
    visit = state.visit
    if visit is None or visit.shown is None:
        return state, drop
    item, verdict, at = visit.shown
    if drop.item < 0 and drop.verdict.kind is Kind.NOTHING and drop.at_s - at <= SHOWN_S:
        drop = replace(drop, item=item, verdict=verdict)
    if drop.item == item:
        state = replace(state, visit=replace(visit, shown=None, question=None))
    return state, drop


def _confirmed(state: StationState, told: Told, now: Now) -> StationState:
    visit = state.visit
    if visit is None:
        return state
    return replace(state, visit=replace(visit, confirmed=(told, now.mono_s) if told.category else None))
