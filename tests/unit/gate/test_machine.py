"""State machines: whatever happens in whatever order, the relay obeys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.actions import Action, Answer, DriveRelay, Report, Speak
from edge.clock import Now
from edge.config.schema import Access, Lock
from edge.core.roles import Roles, RolesState
from edge.events import (
    AccessRule,
    ClockKnown,
    ComponentFailed,
    ComponentRecovered,
    ContactChanged,
    Event,
    ExitPressed,
    FaceMatched,
    FacePoor,
    FaceUnknown,
    OrderGiven,
    PoorReason,
    RosterChanged,
    Started,
    Stopping,
    Tick,
)
from edge.gate.access import Policy
from edge.gate.decision import REPORT_AGAIN_S, Gate

LOCK = Lock(unlock_s=5.0, held_warning_s=30.0, held_alarm_s=60.0)
POLICY = Policy(Access(), "Asia/Shanghai")
PEOPLE = {"p1": AccessRule("p1"), "p2": AccessRule("p2", revoked=True)}
YEAR_US = 365 * 86400 * 1_000_000
# A tick that comes late by this much (a busy machine) is still in time.
TICK_S = 0.25


class GateMachine(RuleBasedStateMachine):
    """Drives the pure core the way the brain does: time passes, deadlines are met by ticks, events come in."""

    def __init__(self) -> None:
        super().__init__()
        self.device = Roles(Gate(LOCK, POLICY))
        self.state = RolesState()
        self.now = Now(mono_s=1000.0, wall_us=1_790_000_000_000_000)
        self.relay = False
        self.cause_at = float("-inf")
        self.cause_s = LOCK.unlock_s
        self.reports: list[Report] = []
        self.actions: tuple[Action, ...] = ()
        self.leaf = False
        self.stopped = False

    @initialize()
    def begin(self) -> None:
        self.send(RosterChanged(PEOPLE))
        self.send(Started("test", ("starting_unsafe",)))
        assert not self.relay

    def send(self, event: Event) -> None:
        before = self.state
        self.state, self.actions = self.device.step(self.state, event, self.now)
        # pure: the same again gives the same
        assert self.device.step(before, event, self.now) == (self.state, self.actions)
        for action in self.actions:
            if isinstance(action, DriveRelay):
                if action.on and not self.relay:
                    assert isinstance(event, FaceMatched | ExitPressed | OrderGiven)
                if action.on:
                    self.cause_at = self.now.mono_s
                    ordered = event.args.get("seconds") if isinstance(event, OrderGiven) else None
                    self.cause_s = ordered or LOCK.unlock_s
                self.relay = action.on
            elif isinstance(action, Report):
                self.reports.append(action)
        drives = [index for index, action in enumerate(self.actions) if isinstance(action, DriveRelay)]
        speaks = [index for index, action in enumerate(self.actions) if isinstance(action, Speak)]
        if drives and speaks and not isinstance(event, ContactChanged):
            last_relay = drives[-1]
            assert all(last_relay < index for index in speaks if index > drives[0])

    def reported(self, kind: str) -> list[Report]:
        return [action for action in self.actions if isinstance(action, Report) and action.type == kind]

    @rule(seconds=st.floats(0.01, 120.0))
    def time_passes(self, seconds: float) -> None:
        end = self.now.mono_s + seconds
        while True:
            deadline = self.device.next_deadline(self.state)
            at = end if deadline is None else min(end, max(deadline, self.now.mono_s))
            self.now = replace(self.now, mono_s=at, wall_us=self.now.wall_us + round((at - self.now.mono_s) * 1e6))
            self.send(Tick())
            upcoming = self.device.next_deadline(self.state)
            assert upcoming is None or upcoming > at  # or the brain would spin
            if at >= end:
                return

    @rule(jump=st.integers(-40 * YEAR_US, 40 * YEAR_US), trusted=st.booleans())
    def wall_clock_jumps(self, jump: int, trusted: bool) -> None:
        before = self.state
        self.now = replace(self.now, wall_us=max(0, self.now.wall_us + jump), trusted=trusted)
        self.send(Tick())
        assert self.state.gate.door == before.gate.door  # no deadline hangs on the wall clock

    @rule()
    def resident(self) -> None:
        was_locked = self.state.gate.attempts.locked(self.now.mono_s)
        self.send(FaceMatched(track=1, person="p1", score=0.6, threshold=0.5, frames=2, strong=True))
        granted = self.reported("access.granted")
        assert all(report.subject == "p1" for report in granted)
        if granted:
            assert self.relay
            assert not self.stopped
            assert not self.state.gate.lockdown
        if was_locked and not self.stopped and not granted and not self.state.gate.lockdown:
            assert self.state.gate.attempts.granted  # only a grant just before explains the silence

    @rule()
    def weak_match(self) -> None:
        locked = self.state.gate.attempts.locked(self.now.mono_s)
        self.send(FaceMatched(track=1, person="p1", score=0.51, threshold=0.5, frames=2))
        if locked:
            assert not self.reported("access.granted")

    @rule()
    def revoked(self) -> None:
        self.send(FaceMatched(track=2, person="p2", score=0.9, threshold=0.5, frames=2, strong=True))
        assert not self.reported("access.granted")

    @rule(track=st.integers(3, 9))
    def stranger(self, track: int) -> None:
        self.send(FaceUnknown(track=track, score=0.2, threshold=0.5, frames=5))
        assert not self.reported("access.granted")

    @rule(person=st.sampled_from(["nobody", "", "p3"]))
    def ghost(self, person: str) -> None:
        self.send(FaceMatched(track=10, person=person, score=0.99, threshold=0.5, frames=2, strong=True))
        assert not self.reported("access.granted")

    @rule(reason=st.sampled_from(list(PoorReason)))
    def poor(self, reason: PoorReason) -> None:
        self.send(FacePoor(track=11, reason=reason))

    @rule()
    def exit_button(self) -> None:
        self.send(ExitPressed())
        if not self.stopped:
            assert self.relay
            assert self.reported("access.exit")

    def order(self, name: str, args: dict[str, Any] | None = None) -> Answer:
        """Give an order; whatever it is, it is answered exactly once, after everything it does to the door."""
        self.send(OrderGiven(name, "c-1", args or {}))
        answers = [action for action in self.actions if isinstance(action, Answer)]
        assert answers == [self.actions[-1]]
        assert answers[0].command == "c-1"
        assert answers[0].applied is not (self.stopped or name == "dance")
        return answers[0]

    @rule(seconds=st.none() | st.floats(0.5, 60.0))
    def unlocked_by_order(self, seconds: float | None) -> None:
        self.order("unlock", {} if seconds is None else {"seconds": seconds})
        granted = self.reported("access.granted")
        assert bool(granted) is self.relay is not self.stopped
        assert all((report.subject, report.data["by"]) == ("", "command") for report in granted)

    @rule()
    def locked_down(self) -> None:
        before = self.state.gate.lockdown
        self.order("lockdown")
        assert self.state.gate.lockdown is (before if self.stopped else True)
        assert not self.relay

    @rule()
    def released(self) -> None:
        before, relay = self.state.gate.lockdown, self.relay
        self.order("release")
        assert self.state.gate.lockdown is (before and self.stopped)
        assert self.relay == relay or not self.relay  # releasing opens nothing

    @rule(name=st.sampled_from(["announce", "photograph", "dance"]))
    def other_orders(self, name: str) -> None:
        door = self.state.gate.door
        self.order(name, {"texts": {"en": "The lift is out of order."}} if name == "announce" else {})
        assert not self.reported("access.granted")
        assert self.state.gate.door.relock_at in (door.relock_at, None)

    @rule(offset=st.integers(-YEAR_US, YEAR_US))
    def clock_known(self, offset: int) -> None:
        self.send(ClockKnown("boot", offset, 5))
        (report,) = self.reported("clock.corrected")
        assert report.data == {"bootid": "boot", "offset_us": offset, "was_off_us": 5}

    @rule(leaf=st.booleans())
    def leaf_moves(self, leaf: bool) -> None:
        door, known, relay = self.state.gate.door, self.state.gate.door.leaf_open, self.relay
        released = self.now.mono_s - self.state.gate.door.released_at
        self.send(ContactChanged(leaf))
        if leaf and known is False and not relay and released > 1.0:
            assert self.reported("door.forced")
        if not leaf and known:
            assert self.reported("door.closed")
            assert not self.relay or door.caused_at > door.opened_at  # only who was granted meanwhile keeps it

    @rule(component=st.sampled_from(["camera", "contacts", "voice"]))
    def fails(self, component: str) -> None:
        known = component in self.state.device.failed
        self.send(ComponentFailed(component, "hung"))
        faults = self.reported("sensor.fault") + self.reported("device.fault")
        assert bool(faults) != known

    @rule(component=st.sampled_from(["camera", "contacts", "voice"]))
    def recovers(self, component: str) -> None:
        known = component in self.state.device.failed
        self.send(ComponentRecovered(component, 1.0))
        assert bool(self.reported("sensor.recovered") + self.reported("device.recovered")) == known

    @precondition(lambda self: not self.stopped)
    @rule(fatal=st.booleans())
    def ends(self, fatal: bool) -> None:
        self.send(ComponentFailed("vision", "died", fatal=True) if fatal else Stopping("SIGTERM"))
        self.stopped = True
        assert not self.relay

    @invariant()
    def relay_and_state_agree(self) -> None:
        assert self.relay == self.state.gate.door.relay_on

    @invariant()
    def relay_never_outlives_its_cause(self) -> None:
        if self.relay:
            assert self.now.mono_s - self.cause_at <= self.cause_s + TICK_S
            assert not self.stopped

    @invariant()
    def memory_is_bounded(self) -> None:
        attempts = self.state.gate.attempts
        assert len(attempts.failures) <= Access().lockout_failures
        assert len(attempts.granted) <= len(PEOPLE)
        now_s = self.now.mono_s
        # `note` forgets as it writes, so old entries may linger until the next write, but never pile up
        assert sum(now_s - at < REPORT_AGAIN_S for at in attempts.refused.values()) <= 9 * 5

    def teardown(self) -> None:
        # every relay-on is explained by an event in the record
        causes = [r for r in self.reports if r.type in ("access.granted", "access.exit")]
        assert not self.relay or causes
        self.now = replace(self.now, mono_s=self.now.mono_s + self.cause_s + TICK_S)
        self.send(Tick())
        assert not self.relay


TestGateMachine: Any = GateMachine.TestCase
TestGateMachine.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
