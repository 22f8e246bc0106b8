"""Trying a part of the station out: a lid for a moment, a bin's lamp for two seconds. Pure.

A fire wins: a lid that it holds shut stays so. A lid that was opened for a trial closes by the rules for every lid.
"""

from __future__ import annotations

from typing import Any

from edge.actions import Action, Answer, BinLamp, Priority, Report
from edge.clock import Now
from edge.events import OrderGiven
from edge.waste import lids
from edge.waste.rules import Rules
from edge.waste.speech import burns
from edge.waste.state import Outcome, StationState

LID, LAMP = "test.lid", "test.binlamp"
ORDERS = frozenset({LID, LAMP})
TESTED = "device.tested"
LAMP_S = 2.0
_SAYS = {
    "unknown": "there is no such bin",
    "fire": "there is a fire in it, or smoke",
    "unsupported": "this bin has no driven lid",
}


def carry_out(state: StationState, order: OrderGiven, rules: Rules, now: Now) -> Outcome:
    """The new state; the actions, with the event and the answer as the last of them."""
    name: str = order.args["bin"]
    part = "lid" if order.name == LID else "lamp"
    tested = {"part": part, "bin": name, "by": order.args["by"], "uid": order.args["uid"]}
    if reason := _refusal(state, order.name, name, rules):
        told = {**tested, "applied": False, "reason": reason}
        return state, (_report(told), Answer(order.command, False, reason, _SAYS[reason]))
    actions: tuple[Action, ...] = ()
    if order.name == LID:
        lid, actions = lids.open_for(state.bins[name].lid, name, now.mono_s + float(order.args["seconds"]))
        state = state.with_bin(name, lid=lid)
    else:
        state = state.with_bin(name, tried=(BinLamp(order.args["lamp"]), now.mono_s + LAMP_S))
    return state, (*actions, _report({**tested, "applied": True}), Answer(order.command, True))


def _refusal(state: StationState, order: str, name: str, rules: Rules) -> str:
    if name not in state.bins:
        return "unknown"
    if burns(state, name):
        return "fire"
    return "unsupported" if order == LID and not rules.driven(name) else ""


def _report(data: dict[str, Any]) -> Action:
    return Report(TESTED, data, priority=Priority.ACCESS)
