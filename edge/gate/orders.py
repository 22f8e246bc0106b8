"""Orders of the office: what each does at the gate. Pure.

Whether an order is genuine was judged before it came here. Each is answered exactly once, after its actions, so that
a relay which could not be driven is known when the answer is given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.actions import Action, Answer, Priority, Report
from edge.clock import Now
from edge.config.schema import Lock
from edge.events import OrderGiven
from edge.gate import door as doors
from edge.gate.state import GateState, Outcome

ORDERS = frozenset({"unlock", "lockdown", "release"})


def carry_out(state: GateState, order: OrderGiven, lock: Lock, now: Now) -> Outcome:
    """The new state, and the actions with the answer as the last of them."""
    if state.stopping:
        return state, (Answer(order.command, False, "stopping", "the device is being shut down"),)
    actions: tuple[Action, ...] = ()
    match order.name:
        case "unlock":
            state, actions = _unlock(state, order, lock, now)
        case "lockdown":
            state, actions = _lock_down(state, now)
        case "release":
            state = replace(state, lockdown=False)
        case _:
            return state, (Answer(order.command, False, "unsupported", "the gate does not know this order"),)
    return state, (*actions, Answer(order.command, True))


def _unlock(state: GateState, order: OrderGiven, lock: Lock, now: Now) -> Outcome:
    """As by the exit button; `seconds` instead of the configured time when the order says so."""
    seconds: Any = order.args.get("seconds", lock.unlock_s)
    door, actions = doors.unlock(state.door, replace(lock, unlock_s=float(seconds)), now.mono_s)
    granted = Report("access.granted", {"by": "command", "command": order.command}, priority=Priority.ACCESS)
    return replace(state, door=door), (*actions, granted)


def _lock_down(state: GateState, now: Now) -> Outcome:
    """From now on no face opens; a door that is unlocked at this moment is locked. The way out stays free."""
    state = replace(state, lockdown=True)
    if not state.door.relay_on:
        return state, ()
    door, actions = doors.relock(state.door, now.mono_s)
    return replace(state, door=door), actions
