"""Trying a part of the gate out: the relay for a moment, a lamp for two seconds. Pure.

Who asks has the device's own rights, but stands perhaps with the housing open in a street: a lockdown, a fire, an
opened housing and the other door of an interlock win, and whoever is just passing is not disturbed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.actions import Action, Answer, Lamp, Priority, Report, ShowLamp
from edge.clock import Now
from edge.config.schema import Lock
from edge.events import OrderGiven
from edge.gate import door as doors
from edge.gate.state import GateState, Outcome

RELAY, LAMP = "test.relay", "test.lamp"
ORDERS = frozenset({RELAY, LAMP})
TESTED = "device.tested"
LAMP_S = 2.0


def carry_out(state: GateState, order: OrderGiven, lock: Lock, now: Now) -> Outcome:
    """The new state; the actions, with the event and the answer as the last of them."""
    tested = {"part": "relay" if order.name == RELAY else "lamp", "by": order.args["by"], "uid": order.args["uid"]}
    if reason := _refusal(state, order, lock):
        return state, (
            _report({**tested, "applied": False, "reason": reason}),
            Answer(order.command, False, reason, _SAYS[reason]),
        )
    door, actions = _try_relay(state, order, lock, now) if order.name == RELAY else _try_lamp(state, order, now)
    return replace(state, door=door), (*actions, _report({**tested, "applied": True}), Answer(order.command, True))


_SAYS = {
    "lockdown": "the gate is locked down; the office releases it",
    "fire": "there is a fire alarm",
    "tamper": "the housing is open; shut it first",
    "other_door": "the other door of the interlock is not known to be shut",
    "busy": "the door is unlocked at this moment",
}


def _refusal(state: GateState, order: OrderGiven, lock: Lock) -> str:
    if state.burning:
        return "fire"
    if order.name == RELAY:
        if state.lockdown:
            return "lockdown"
        if state.tampered:
            return "tamper"
        if lock.interlock and state.other_open is not False:
            return "other_door"
    return "busy" if state.door.relay_on or state.waiting else ""


def _try_relay(state: GateState, order: OrderGiven, lock: Lock, now: Now) -> doors.Outcome:
    seconds: Any = order.args["seconds"]
    return doors.unlock(state.door, replace(lock, unlock_s=float(seconds)), now.mono_s)


def _try_lamp(state: GateState, order: OrderGiven, now: Now) -> doors.Outcome:
    lamp = Lamp(order.args["lamp"])
    return replace(state.door, lamp_off_at=now.mono_s + LAMP_S), (ShowLamp(lamp),)


def _report(data: dict[str, Any]) -> Action:
    return Report(TESTED, data, priority=Priority.ACCESS)
