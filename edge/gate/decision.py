"""The gate's decisions, composed: `Gate.step(state, event, now)` gives the new state and what to do. Pure.

No I/O and no clock in here; the order of the actions is the order in which they are carried out, the relay first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.actions import Priority, Report, Speak
from edge.clock import Now
from edge.config.schema import Lock
from edge.events import (
    ComponentFailed,
    ContactChanged,
    Event,
    ExitPressed,
    FaceMatched,
    FacePoor,
    FaceUnknown,
    OrderGiven,
    RosterChanged,
    Stopping,
    Tick,
)
from edge.gate import door as doors
from edge.gate import orders
from edge.gate.access import Policy, note, recall, record_failure
from edge.gate.state import GateState as GateState
from edge.gate.state import Outcome

CONTACTS = "contacts"
# The same refusal of the same face is reported once in this time, and the same sentence said once.
REPORT_AGAIN_S = 30.0
SAY_AGAIN_S = 5.0


class Gate:
    """The rules of one gate."""

    orders = orders.ORDERS

    def __init__(self, lock: Lock, policy: Policy) -> None:
        self._lock = lock
        self._policy = policy

    def next_deadline(self, state: GateState) -> float | None:
        """When a Tick is needed next, in monotonic seconds."""
        return doors.next_deadline(state.door, self._lock)

    def made_safe(self, state: GateState, now: Now) -> Outcome:
        """The door locked, everything else as it was: for the beginning and the end of a run of the brain."""
        door, actions = doors.relock(state.door, now.mono_s)
        return replace(state, door=door), actions

    def step(self, state: GateState, event: Event, now: Now) -> Outcome:
        """One event. Deadlines that have passed are carried out before it."""
        door, actions = doors.advance(state.door, self._lock, now.mono_s)
        state, more = self._react(replace(state, door=door), event, now)
        return state, actions + more

    def _react(self, state: GateState, event: Event, now: Now) -> Outcome:
        match event:
            case Tick():
                return state, ()
            case ContactChanged():
                door, actions = doors.leaf_moved(state.door, event.open, now.mono_s)
                return replace(state, door=door), actions
            case RosterChanged():
                return replace(state, people=event.people), ()
            case ComponentFailed():
                return self._failed(state, event, now)
            case Stopping():
                state, actions = self.made_safe(state, now)
                return replace(state, stopping=True), actions
            case OrderGiven():
                return orders.carry_out(state, event, self._lock, now)
            case _ if state.stopping:  # nothing opens a door that is being shut down
                return state, ()
            case ExitPressed():
                door, actions = doors.unlock(state.door, self._lock, now.mono_s)
                actions += (Speak("exit"), Report("access.exit", priority=Priority.ACCESS))
                return replace(state, door=door), actions
            case FaceMatched() | FaceUnknown() | FacePoor() if state.lockdown:
                return self._shut_out(state, event, now)
            case FaceMatched():
                return self._matched(state, event, now)
            case FaceUnknown():
                return self._unknown(state, event, now)
            case FacePoor():
                details = {"detail": event.reason.value}
                return self._refuse(state, event.track, f"poor_{event.reason}", "poor_picture", details, now)
            case _:  # no matter of the gate's
                return state, ()

    def _shut_out(self, state: GateState, event: FaceMatched | FaceUnknown | FacePoor, now: Now) -> Outcome:
        """During a lockdown all faces hear the same: who stands by must not learn who is on the list."""
        person = event.person if isinstance(event, FaceMatched) else ""
        subject = person if person in state.people else ""  # erased between the match and now: nobody's
        return self._refuse(state, event.track, "refused_lockdown", "lockdown", {}, now, subject=subject)

    def _matched(self, state: GateState, event: FaceMatched, now: Now) -> Outcome:
        settings, attempts, now_s = self._policy.settings, state.attempts, now.mono_s
        scores = {"score": round(event.score, 3), "threshold": round(event.threshold, 3), "frames": event.frames}
        rule = state.people.get(event.person)
        if rule is None:  # erased or revoked between the match and now
            return self._refuse(state, event.track, "refused_unknown", "unknown", scores, now)
        # A strong match passes even then: somebody who keeps holding strangers' faces before the camera must not
        # be able to lock the residents out.
        if attempts.locked(now_s) and not event.strong:
            return self._refuse(state, event.track, "refused_locked_out", "locked_out", scores, now)
        if reason := self._policy.refusal(rule, now):
            phrase = "refused_expired" if reason == "not_yet_valid" else f"refused_{reason}"
            return self._refuse(state, event.track, phrase, reason, scores, now, subject=event.person)
        if recall(attempts.granted, event.person, settings.cooldown_s, now_s) and self._has_passed(state, event.person):
            return state, ()
        greet = not recall(attempts.greeted, event.person, settings.greet_again_s, now_s)
        door, actions = doors.unlock(state.door, self._lock, now_s)
        if greet:
            actions += (Speak("granted"),)
            greeted = note(attempts.greeted, event.person, settings.greet_again_s, now_s)
            attempts = replace(attempts, greeted=greeted)
        granted = note(attempts.granted, event.person, settings.cooldown_s, now_s)
        report = Report("access.granted", {"by": "face", **scores}, event.person, Priority.ACCESS)
        attempts = replace(attempts, granted=granted, failures=())
        return replace(state, door=door, attempts=attempts), (*actions, report)

    def _has_passed(self, state: GateState, person: str) -> bool:
        """Whether the last grant still holds or was used; without a contact nobody knows, and it counts as used."""
        door = state.door
        return door.relay_on or door.leaf_open is None or door.opened_at >= state.attempts.granted[person]

    def _unknown(self, state: GateState, event: FaceUnknown, now: Now) -> Outcome:
        now_s = now.mono_s
        scores = {"score": round(event.score, 3), "threshold": round(event.threshold, 3), "frames": event.frames}
        if state.attempts.locked(now_s):
            return self._refuse(state, event.track, "refused_locked_out", "locked_out", scores, now)
        attempts, locked = record_failure(state.attempts, self._policy.settings, event.track, now_s)
        state = replace(state, attempts=attempts)
        if not locked:
            return self._refuse(state, event.track, "refused_unknown", "unknown", scores, now)
        details = {**scores, "lockout_s": self._policy.settings.lockout_s}
        return self._refuse(state, event.track, "refused_locked_out", "locked_out", details, now)

    def _refuse(
        self,
        state: GateState,
        track: int,
        phrase: str,
        reason: str,
        details: Mapping[str, Any],
        now: Now,
        subject: str = "",
    ) -> Outcome:
        now_s, attempts = now.mono_s, state.attempts
        door, actions = doors.refuse(state.door, now_s)
        if not recall(attempts.spoken, phrase, SAY_AGAIN_S, now_s):
            actions += (Speak(phrase),)
            attempts = replace(attempts, spoken=note(attempts.spoken, phrase, SAY_AGAIN_S, now_s))
        last = attempts.refused.get((track, reason), float("-inf"))
        if now_s - last >= REPORT_AGAIN_S or "lockout_s" in details:
            actions += (Report("access.refused", {"reason": reason, **details}, subject, Priority.ACCESS),)
            refused = note(attempts.refused, (track, reason), REPORT_AGAIN_S, now_s)
            attempts = replace(attempts, refused=refused)
        return replace(state, door=door, attempts=attempts), actions

    def _failed(self, state: GateState, event: ComponentFailed, now: Now) -> Outcome:
        if event.component == CONTACTS:
            state = replace(state, door=doors.contact_lost(state.door))
        if not event.fatal:
            return state, ()
        state, actions = self.made_safe(state, now)
        return replace(state, stopping=True), (*actions, Speak("fault", urgent=True))
