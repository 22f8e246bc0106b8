"""The gate's decisions, composed: `Gate.step(state, event, now)` gives the new state and what to do. Pure.

No I/O and no clock in here; the order of the actions is the order in which they are carried out, the relay first.
"""

from __future__ import annotations

from dataclasses import replace

from edge.actions import Action, Speak
from edge.clock import Now
from edge.config.schema import Lock
from edge.events import (
    CardShown,
    ComponentFailed,
    ContactChanged,
    Event,
    ExitPressed,
    FaceMatched,
    FacePoor,
    FaceUnknown,
    FireLineChanged,
    GestureBegun,
    GestureSeen,
    OrderGiven,
    OtherDoorChanged,
    PassShown,
    PinChecked,
    PinTyped,
    RosterChanged,
    Stopping,
    TamperChanged,
    Tick,
    WideExitPressed,
)
from edge.gate import cards, faces, grant, keypad, lines, orders, passback, pins
from edge.gate import door as doors
from edge.gate.access import Policy
from edge.gate.state import GateState as GateState
from edge.gate.state import Outcome, Rules

CONTACTS = "contacts"


class Gate:
    """The rules of one gate."""

    orders = orders.ORDERS

    def __init__(self, lock: Lock, policy: Policy) -> None:
        self._rules = Rules(lock, policy)

    def next_deadline(self, state: GateState) -> float | None:
        """When a Tick is needed next, in monotonic seconds."""
        asked, entry = state.challenges.asked, state.pins.entry
        times = (
            doors.next_deadline(state.door, self._rules.lock),
            asked.until_s if asked else None,
            entry.typed_s + pins.ANSWER_S if entry else None,
            *(one.until_s for one in state.waiting),
        )
        return min((time for time in times if time is not None), default=None)

    def made_safe(self, state: GateState, now: Now) -> Outcome:
        """The door locked, everything else as it was: for the beginning and the end of a run of the brain. A door that
        is free, for a fire or by order, stays so.
        """
        made = doors.free if state.door.free else doors.relock
        door, actions = made(state.door, now.mono_s)
        return replace(state, door=door), actions

    def step(self, state: GateState, event: Event, now: Now) -> Outcome:
        """One event. Deadlines that have passed are carried out before it."""
        state = replace(state, ways=self._rules.policy.ways_here(now))
        state, actions = self._advance(state, now)
        before = state.door
        state, more = self._react(state, event, now)
        return replace(state, inside=passback.settled(state.inside, before, state.door)), actions + more

    def _advance(self, state: GateState, now: Now) -> Outcome:
        door, actions = doors.advance(state.door, self._rules.lock, now.mono_s)
        state = replace(state, door=door, inside=passback.settled(state.inside, state.door, door))
        for expire in (faces.expire, keypad.expire):
            state, more = expire(state, self._rules, now)
            actions += more
        state, more = grant.give_up(state, now)
        return state, actions + more

    def _react(self, state: GateState, event: Event, now: Now) -> Outcome:
        match event:
            case Tick():
                return state, ()
            case ContactChanged():
                door, actions = doors.leaf_moved(state.door, event.open, now.mono_s)
                return replace(state, door=door), actions
            case FireLineChanged():
                return lines.fire_line(state, event.state, now)
            case TamperChanged():
                return lines.housing(state, event.open)
            case RosterChanged():
                return replace(state, people=event.people), ()
            case ComponentFailed():
                return self._failed(state, event, now)
            case Stopping():
                return self._ended(state, now)
            case OrderGiven():
                return orders.carry_out(state, event, self._rules.lock, now)
            case OtherDoorChanged() if state.stopping:
                return replace(state, other_open=event.open), ()
            case OtherDoorChanged():
                return grant.other_door(state, event.open, self._rules, now)
            case PinChecked():
                return keypad.checked(state, event, self._rules, now)
            case _ if state.stopping:  # nothing opens a door that is being shut down
                return state, ()
            case ExitPressed() | WideExitPressed():
                return grant.let_out(state, self._rules, now, wide=isinstance(event, WideExitPressed))
            case PinTyped():
                return keypad.typed(state, event, self._rules, now)
            case _ if state.burning:  # the door is free for all
                return state, ()
            case _:
                return self._shown(state, event, now)

    def _shown(self, state: GateState, event: Event, now: Now) -> Outcome:
        """Somebody shows something to come in."""
        match event:
            case FaceMatched() | FaceUnknown() | FacePoor():
                return faces.seen(state, event, self._rules, now)
            case GestureBegun():
                return faces.begun(state, event, now)
            case GestureSeen():
                return faces.gesture(state, event, self._rules, now)
            case CardShown():
                return cards.card(state, event, self._rules, now)
            case PassShown():
                return cards.shown_pass(state, event, self._rules, now)
            case _:  # no matter of the gate's
                return state, ()

    def _ended(self, state: GateState, now: Now) -> Outcome:
        """Locked, and so it stays; only a fire keeps it free to the last."""
        made = doors.free if state.burning else doors.relock
        door, actions = made(state.door, now.mono_s)
        return replace(state, door=door, stopping=True, freed=False, waiting=()), actions

    def _failed(self, state: GateState, event: ComponentFailed, now: Now) -> Outcome:
        if event.component == CONTACTS:
            state = replace(state, door=doors.contact_lost(state.door), other_open=None)
        if not event.fatal:
            return state, ()
        state, actions = self._ended(state, now)
        said: tuple[Action, ...] = (Speak("fault", urgent=True),)
        return state, actions + said
