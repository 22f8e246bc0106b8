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
from edge.gate import challenge, rehearsal
from edge.gate import door as doors
from edge.gate.state import GateState, Outcome

ORDERS = frozenset({"unlock", "lockdown", "release"}) | rehearsal.ORDERS


def carry_out(state: GateState, order: OrderGiven, lock: Lock, now: Now) -> Outcome:
    """The new state, and the actions with the answer as the last of them."""
    if state.stopping:
        return state, (Answer(order.command, False, "stopping", "the device is being shut down"),)
    if order.name in rehearsal.ORDERS:
        return rehearsal.carry_out(state, order, lock, now)
    actions: tuple[Action, ...] = ()
    match order.name:
        case "unlock":
            state, actions = _unlock(state, order, lock, now)
        case "lockdown":
            state, actions = _lock_down(state, now)
        case "release":
            state, actions = _release(state, now)
        case _:
            return state, (Answer(order.command, False, "unsupported", "the gate does not know this order"),)
    return state, (*actions, Answer(order.command, True))


def _unlock(state: GateState, order: OrderGiven, lock: Lock, now: Now) -> Outcome:
    """As by the exit button; `seconds` instead of the configured time when the order says so, and with `hold` until it
    is released.
    """
    data: dict[str, Any] = {"by": "command", "command": order.command}
    if order.args.get("hold"):
        door, actions = doors.free(state.door, now.mono_s)
        state, data = replace(state, freed=True), {**data, "hold": True}
    else:
        seconds: Any = order.args.get("seconds", lock.unlock_s)
        door, actions = doors.unlock(state.door, replace(lock, unlock_s=float(seconds)), now.mono_s)
    return replace(state, door=door), (*actions, Report("access.granted", data, priority=Priority.ACCESS))


def _release(state: GateState, now: Now) -> Outcome:
    """Neither locked down nor held open any more; only a fire goes on freeing the door."""
    held = state.freed and not state.burning
    state = replace(state, lockdown=False, freed=False)
    if not held:
        return state, ()
    door, actions = doors.unfree(state.door, now.mono_s)
    return replace(state, door=door), actions


def _lock_down(state: GateState, now: Now) -> Outcome:
    """From now on nobody comes in; a door that is unlocked at this moment is locked. The way out stays free, and in a
    fire everything. A face that was asked for gestures is not waited for any more, somebody who wants out is.
    """
    waiting = tuple(one for one in state.waiting if one.entrant is None)
    challenges = challenge.ended(state.challenges)
    state = replace(state, lockdown=True, freed=False, waiting=waiting, challenges=challenges)
    if not state.door.relay_on or state.burning:
        return state, ()
    door, actions = doors.relock(state.door, now.mono_s)
    return replace(state, door=door), actions
