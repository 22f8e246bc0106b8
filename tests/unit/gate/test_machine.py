"""A state machine over every input of a gate together: whatever happens in whatever order, the relay obeys.

EDGE_EXAMPLES=50000 pytest tests/unit/gate/test_machine.py      the long run
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.actions import KEYPAD, Answer, CheckPin, Speak
from edge.config.schema import Access
from edge.events import (
    CardShown,
    ClockKnown,
    ComponentFailed,
    ComponentRecovered,
    ContactChanged,
    ExitPressed,
    FaceMatched,
    FacePoor,
    FaceUnknown,
    FireLineChanged,
    Gesture,
    GestureBegun,
    GestureSeen,
    Life,
    LineState,
    OrderGiven,
    OtherDoorChanged,
    PassShown,
    PinChecked,
    PinTyped,
    PinVerdict,
    PoorReason,
    RosterChanged,
    Stopping,
    TamperChanged,
    Tick,
    Way,
    WideExitPressed,
)
from edge.gate import pins
from edge.gate.challenge import HEARD_S
from edge.gate.refusal import REPORT_AGAIN_S
from tests.unit.gate.gate_world import ACCESS, LOCK, PEOPLE, World

YEAR_US = 365 * 86400 * 1_000_000
# A tick that comes late by this much (a busy machine) is still in time.
TICK_S = 0.25
ANYBODY = st.sampled_from([*PEOPLE, "nobody", ""])
TRACKS = st.integers(1, 6)


def turned(asked: Any) -> bool:
    """Whether a head was turned as asked, and one gesture is still to be made."""
    return asked.done == 1 and asked.gestures[0] in (Gesture.TURN_LEFT, Gesture.TURN_RIGHT)


class GateMachine(RuleBasedStateMachine):
    """Drives the pure core the way the brain does: time passes, deadlines are met by ticks, events come in."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.leaf: bool | None = None
        self.alive: tuple[int, str] | None = None

    @property
    def gate(self) -> Any:
        return self.world.state.gate

    @property
    def stopped(self) -> bool:
        return bool(self.gate.stopping)

    def unlocks(self, person: str = "") -> float:
        slow = person in PEOPLE and PEOPLE[person].slow
        return LOCK.wide_unlock_s if slow else LOCK.unlock_s

    # --- time

    @rule(seconds=st.floats(0.01, 120.0))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(jump=st.integers(-40 * YEAR_US, 40 * YEAR_US), trusted=st.booleans())
    def wall_clock_jumps(self, jump: int, trusted: bool) -> None:
        self.world.pass_time(0.0)  # what is due by now has happened
        before, now = self.gate, self.world.now
        self.world.now = replace(now, wall_us=max(0, now.wall_us + jump), trusted=trusted)
        self.world.send(Tick())
        assert self.gate.door == before.door  # no deadline hangs on the wall clock
        assert self.gate.pins == before.pins

    @rule()
    def power_cut(self) -> None:
        locked = [key for key in self.gate.pins.tried if self.gate.pins.locked(key, self.world.now.mono_s)]
        until_s = self.gate.attempts.locked_until
        self.world.boot()
        assert until_s <= self.world.now.mono_s or abs(self.gate.attempts.locked_until - until_s) < 1e-6
        self.leaf = None
        now_s = self.world.now.mono_s
        for key in locked:  # nobody gains a try by pulling the plug
            assert self.gate.pins.locked(key, now_s)

    # --- what is shown

    def matched(self, track: int, person: str, life: Life, strong: bool) -> None:
        asked = self.gate.challenges.asked
        owed = asked is not None and asked.face.track == track and self.world.now.mono_s < asked.until_s
        owed = owed and not (asked.met and getattr(asked.face, "person", "") == person)
        owed = owed or (not (asked and asked.met) and self.gate.challenges.tried(track, self.world.now.mono_s) > 0)
        counts = life is Life.LIVE and not owed
        if owed and life is Life.LIVE and asked is not None and asked.face.track == track and turned(asked):
            self.alive = self.gate.challenges.drawn, person  # looked alive after a turn in this challenge
        if counts:
            self.world.show(person, Way.FACE)
        score = 0.7 if strong else 0.51
        event = FaceMatched(track, person, score, 0.5, 2, strong, life, {"geometry": 0.9}, 0.4)
        self.world.send(event, self.unlocks(person) if counts else None)
        if not counts or person not in PEOPLE:
            assert not self.world.reported("access.granted")

    @rule(track=TRACKS, person=ANYBODY, life=st.sampled_from(Life), strong=st.booleans())
    def face(self, track: int, person: str, life: Life, strong: bool) -> None:
        locked = self.gate.attempts.locked(self.world.now.mono_s)
        self.matched(track, person, life, strong)
        if locked and not strong:
            assert not self.world.reported("access.granted")

    @rule(track=TRACKS, person=ANYBODY)
    def living_resident(self, track: int, person: str) -> None:
        self.matched(track, person, Life.LIVE, True)

    @rule(track=TRACKS, life=st.sampled_from(Life))
    def stranger(self, track: int, life: Life) -> None:
        self.world.send(FaceUnknown(track, 0.2, 0.5, 5, life))
        assert not self.world.reported("access.granted")

    @rule(track=TRACKS, reason=st.sampled_from(PoorReason))
    def poor(self, track: int, reason: PoorReason) -> None:
        self.world.send(FacePoor(track, reason))

    @rule(track=TRACKS, made=st.sampled_from(Gesture), person=ANYBODY)
    def any_gesture(self, track: int, made: Gesture, person: str) -> None:
        self.make(track, made, person)

    @rule(track=TRACKS, making=st.sampled_from(Gesture))
    def gesture_begins(self, track: int, making: Gesture) -> None:
        before = self.gate
        self.world.send(GestureBegun(track, making))
        self.shows_nothing_yet(before)

    @precondition(lambda self: self.gate.challenges.asked is not None)
    @rule()
    def asked_gesture_begins(self) -> None:
        before, asked = self.gate, self.gate.challenges.asked
        self.world.send(GestureBegun(asked.face.track, asked.gestures[min(asked.done, 1)]))
        self.shows_nothing_yet(before)

    def shows_nothing_yet(self, before: Any) -> None:
        """What has only begun moves nothing but the voice: one request at most, and that the next of the pair."""
        spoken = [action.phrase for action in self.world.actions if isinstance(action, Speak)]
        asked, was = self.gate.challenges.asked, before.challenges.asked
        if asked is None or was is None or asked.told == was.told:
            assert self.gate.challenges == before.challenges or asked is None
            return
        assert (asked.done, asked.until_s, asked.clear) == (was.done, was.until_s, was.clear)
        assert spoken == [f"do_{asked.gestures[asked.done + 1]}"]
        assert self.world.now.mono_s >= was.told_s + HEARD_S

    @precondition(lambda self: self.gate.challenges.asked is not None and not self.gate.challenges.asked.met)
    @rule(right=st.sampled_from([True, True, True, False]))
    def answers_the_challenge(self, right: bool, by: str | None = None) -> None:
        asked = self.gate.challenges.asked
        person = asked.face.person if isinstance(asked.face, FaceMatched) else ""
        person = person if by is None else by
        wanted = asked.gestures[asked.done]
        self.make(asked.face.track, wanted if right else next(g for g in Gesture if g is not wanted), person)

    def make(self, track: int, made: Gesture, person: str) -> None:
        asked = self.gate.challenges.asked
        last = asked is not None and asked.face.track == track and (asked.done, made) == (1, asked.gestures[1])
        opens = last and self.alive == (self.gate.challenges.drawn, person)
        if opens:
            self.world.show(person, Way.FACE)
        self.world.send(GestureSeen(track, made, person), self.unlocks(person) if opens else None)
        if not opens:  # what the pictures say with it comes afterwards
            assert not self.world.reported("access.granted")

    @rule(
        track=TRACKS,
        person=ANYBODY,
        right=st.lists(st.booleans(), min_size=2, max_size=2),
        other=st.booleans(),
        strong=st.booleans(),
        meanwhile=st.sampled_from(["", "", "lockdown", "strangers"]),
        between=st.sampled_from([*Life, None]),
        after=st.sampled_from(Life),
        begins=st.booleans(),
    )
    def is_challenged(
        self,
        track: int,
        person: str,
        right: list[bool],
        other: bool,
        strong: bool,
        meanwhile: str,
        between: Life | None,
        after: Life,
        begins: bool = False,
    ) -> None:
        self.world.pass_time(60.0)
        self.matched(track, person, Life.DOUBT, strong)
        if meanwhile == "lockdown":
            self.locked_down()
        for stranger in range(10, 15) if meanwhile == "strangers" else ():
            self.stranger(stranger, Life.LIVE)
        for good in right:
            self.world.pass_time(HEARD_S)
            if self.gate.challenges.asked is not None and begins:
                self.asked_gesture_begins()
            if self.gate.challenges.asked is not None:
                self.answers_the_challenge(good, "p2" if other else None)
            if between is not None:
                self.matched(track, person, between, strong)
        self.matched(track, person, after, strong)
        if Life.LIVE not in (between, after):
            assert not self.world.relay or self.world.burning or self.gate.freed

    @rule(meanwhile=st.sampled_from(["lockdown", "strangers"]), strong=st.booleans())
    def does_all_that_is_asked_too_late(self, meanwhile: str, strong: bool) -> None:
        self.is_challenged(7, "p1", [True, True], False, strong, meanwhile, None, Life.LIVE)

    @rule(person=st.sampled_from(["p3", "p5"]), dawdled_s=st.floats(0.0, 40.0))
    def two_factors(self, person: str, dawdled_s: float) -> None:
        first = self.card if person == "p3" else self.shown_pass
        first(person, "door") if person == "p3" else first(person, False, "")
        self.world.pass_time(dawdled_s)
        if person == "p3":
            self.types("103")
            if self.gate.pins.entry is not None:
                self.pin_is_compared(PinVerdict.RIGHT)
        else:
            self.matched(1, person, Life.LIVE, True)

    @rule(number=st.sampled_from(["101", "104", "999"]), tries=st.integers(1, 7))
    def guesses(self, number: str, tries: int) -> None:
        for _ in range(tries):
            self.types(number)
            if self.gate.pins.entry is not None:
                self.pin_is_compared(PinVerdict.WRONG)

    @rule(person=ANYBODY, reader=st.sampled_from(["door", "garage"]))
    def card(self, person: str, reader: str) -> None:
        self.world.show(person, Way.CARD)
        self.world.send(CardShown(person, reader), self.unlocks(person))
        if person not in PEOPLE:
            assert not self.world.reported("access.granted")

    @rule(person=ANYBODY, visitor=st.booleans(), reason=st.sampled_from(["", "", "expired", "used_up", "malformed"]))
    def shown_pass(self, person: str, visitor: bool, reason: str) -> None:
        if not reason and not visitor:
            self.world.show(person, Way.PASS)
        self.world.send(PassShown("n-1", person, reason, visitor), None if reason else self.unlocks(person))
        if reason:
            assert not self.world.reported("access.granted")

    @rule(number=st.sampled_from(["101", "102", "103", "104", "999", ""]))
    def types(self, number: str) -> None:
        before, handed_out = dict(self.world.kept), len(self.world.checks)
        self.world.send(PinTyped(number, "1379"))
        if len(self.world.checks) > handed_out and self.gate.pins.entry is None:
            self.is_compared_for_duress_alone(self.world.checks[-1])
        elif len(self.world.checks) > handed_out:
            self.world.handed_out(self.gate.pins.entry.key)
        for check in [a for a in self.world.checks if a.ticket == self.gate.pins.tickets]:
            # counted before it is compared, so that a power cut in between gives nothing
            assert check.failures[KEYPAD] >= 1
            assert sum(check.failures.values()) > 0
        assert not self.world.reported("access.granted")
        assert all(self.world.kept.get(key, 0) >= count - 1 for key, count in before.items() if key == KEYPAD)

    def is_compared_for_duress_alone(self, check: CheckPin) -> None:
        """Locked out: whatever the answer is, it opens nothing, counts nothing, and loses no alarm."""
        pins_before = self.gate.pins
        for verdict in PinVerdict:
            self.world.send(PinChecked(check.ticket, check.person, verdict))
            assert len(self.world.reported("alarm.duress")) == (verdict is PinVerdict.DURESS)
            assert not self.world.reported("access.granted")
            assert self.gate.pins == pins_before

    @precondition(lambda self: self.gate.pins.entry is not None)
    @rule(
        verdict=st.sampled_from([PinVerdict.RIGHT, PinVerdict.WRONG, PinVerdict.WRONG, PinVerdict.DURESS]),
        kept=st.sampled_from([True, True, True, False]),
    )
    def pin_is_compared(self, verdict: PinVerdict, kept: bool = True) -> None:
        entry = self.gate.pins.entry
        if not entry.person:
            verdict = PinVerdict.WRONG
        good = kept and verdict is not PinVerdict.WRONG
        if good:
            self.world.show(entry.person, Way.PIN)
        late = self.world.now.mono_s >= entry.typed_s + pins.ANSWER_S
        event = PinChecked(entry.ticket, entry.person, verdict, kept)
        self.world.send(event, self.unlocks(entry.person) if good and not late else None)
        if good and not late and self.gate.pins.entry is None:
            self.world.wrong.pop(entry.key)
        if verdict is PinVerdict.DURESS:
            assert len(self.world.reported("alarm.duress")) == 1
        if not good:
            assert not self.world.reported("access.granted")

    @rule(ticket=st.integers(0, 50), person=ANYBODY)
    def stale_answer(self, ticket: int, person: str) -> None:
        self.types("101")
        entry = self.gate.pins.entry
        if entry is None or entry.ticket != ticket:
            self.world.send(PinChecked(ticket, person, PinVerdict.RIGHT))
            assert not self.world.reported("access.granted")

    # --- the way out, the door, the lines

    @rule(wide=st.booleans())
    def exit_button(self, wide: bool) -> None:
        self.world.send(WideExitPressed() if wide else ExitPressed(), LOCK.wide_unlock_s if wide else LOCK.unlock_s)
        if not self.stopped:
            assert self.world.relay
            assert self.world.reported("access.exit")

    @rule(leaf=st.booleans())
    def leaf_moves(self, leaf: bool) -> None:
        door, relay = self.gate.door, self.world.relay
        self.world.send(ContactChanged(leaf))
        released_s = self.world.now.mono_s - door.released_at
        if leaf and door.leaf_open is False and not relay and released_s > 1.0:
            assert len(self.world.reported("door.forced")) == 1
        if not leaf and door.leaf_open:
            assert self.world.reported("door.closed")
            # only who was granted meanwhile keeps it
            assert not self.world.relay or self.gate.door.free or door.caused_at > door.opened_at

    @rule(line=st.sampled_from(LineState))
    def fire_line(self, line: LineState) -> None:
        known = self.gate.fire
        began = line is LineState.ALARM and not self.world.burning
        ended = line is LineState.NORMAL and self.world.burning
        if line is LineState.ALARM:
            self.world.burning = True
        if ended:
            self.world.burning = False
        self.world.send(FireLineChanged(line))
        assert len(self.world.reported("fire.alarm")) == began
        assert len(self.world.reported("fire.over")) == ended
        if line in (LineState.OPEN, LineState.SHORT) and line is not known:
            assert len(self.world.reported("sensor.fault")) == 1

    @rule(opened=st.booleans())
    def housing(self, opened: bool) -> None:
        known = self.gate.tampered
        self.world.send(TamperChanged(opened))
        assert len(self.world.reported("tamper.opened")) == (opened and not known)

    @rule(opened=st.none() | st.booleans())
    def other_door(self, opened: bool | None) -> None:
        self.world.send(OtherDoorChanged(opened))  # there is no interlock here: it opens nothing

    # --- the office and the device

    def order(self, name: str, args: dict[str, Any] | None = None, cause: float | None = None) -> Answer:
        """Give an order; whatever it is, it is answered exactly once, after everything it does to the door."""
        self.world.send(OrderGiven(name, "c-1", args or {}), cause)
        answers = self.world.answers()
        assert answers == [self.world.actions[-1]]
        assert answers[0].applied is not (self.stopped or name == "dance")
        return answers[0]

    @rule(seconds=st.none() | st.floats(0.5, 60.0), hold=st.booleans())
    def unlocked_by_order(self, seconds: float | None, hold: bool) -> None:
        args: dict[str, Any] = {} if seconds is None else {"seconds": seconds}
        self.order("unlock", args | ({"hold": True} if hold else {}), seconds or LOCK.unlock_s)
        granted = self.world.reported("access.granted")
        assert bool(granted) is not self.stopped
        assert all((report.subject, report.data["by"]) == ("", "command") for report in granted)

    @rule()
    def locked_down(self) -> None:
        if not self.stopped:
            self.world.lockdown = True
        self.order("lockdown")
        assert self.world.relay is self.world.burning

    @rule()
    def released(self) -> None:
        if not self.stopped:
            self.world.lockdown = False
        relay = self.world.relay
        self.order("release")
        assert relay or not self.world.relay  # releasing opens nothing

    @rule(seconds=st.floats(1.0, 10.0))
    def relay_is_tried_out(self, seconds: float) -> None:
        """Somebody at the device: for so long, and only where nothing stands against it."""
        self.world.pass_time(0.0)  # what is due by now has happened
        gate, world = self.gate, self.world
        against = world.lockdown or world.burning or gate.tampered or world.relay or self.stopped
        order = OrderGiven("test.relay", "local-1", {"seconds": seconds, "by": "doctor", "uid": 0})
        world.send(order, None if against else seconds)
        assert [answer.applied for answer in world.answers()] == [not against]
        if against:
            assert (self.gate.door, self.gate.freed) == (gate.door, gate.freed)

    @rule(name=st.sampled_from(["announce", "photograph", "dance"]))
    def other_orders(self, name: str) -> None:
        self.order(name, {"texts": {"en": "The lift is out of order."}} if name == "announce" else {})
        assert not self.world.reported("access.granted")

    @rule(who=st.sets(st.sampled_from([*PEOPLE])))
    def roster_changes(self, who: set[str]) -> None:
        self.world.send(RosterChanged({person: PEOPLE[person] for person in who}))
        self.world.send(RosterChanged(PEOPLE))

    @rule(offset=st.integers(-YEAR_US, YEAR_US))
    def clock_known(self, offset: int) -> None:
        self.world.send(ClockKnown("boot", offset, 5))
        (report,) = self.world.reported("clock.corrected")
        assert report.data == {"bootid": "boot", "offset_us": offset, "was_off_us": 5}

    @rule(component=st.sampled_from(["camera", "contacts", "voice"]), down=st.booleans())
    def component(self, component: str, down: bool) -> None:
        known = component in self.world.state.device.failed
        self.world.send(ComponentFailed(component, "hung") if down else ComponentRecovered(component, 1.0))
        kinds = ("sensor.fault", "device.fault") if down else ("sensor.recovered", "device.recovered")
        assert bool([r for kind in kinds for r in self.world.reported(kind)]) == (known is not down)

    @rule()
    def brain_fails(self) -> None:
        state, actions = self.world.device.made_safe(self.world.state, self.world.now)
        self.world.state = state
        for action in actions:
            self.world._look_at(action, None)
        assert self.world.relay is (self.world.burning or self.gate.freed)

    @precondition(lambda self: not self.stopped)
    @rule(fatal=st.booleans())
    def ends(self, fatal: bool) -> None:
        self.world.send(ComponentFailed("vision", "died", fatal=True) if fatal else Stopping("SIGTERM"))
        assert self.world.relay is self.world.burning

    # --- what always holds

    @invariant()
    def fire_always_frees(self) -> None:
        if self.world.burning:
            assert self.world.relay

    @invariant()
    def relay_never_outlives_its_cause(self) -> None:
        if self.world.relay and not (self.world.burning or self.gate.freed):
            assert self.world.now.mono_s <= self.world.may_end_s + TICK_S
            assert not self.stopped

    @invariant()
    def a_lockout_ends_with_time_alone(self) -> None:
        """What is counted is on the disk, or will be with the answer that is under way."""
        counts = self.gate.pins.counts()
        assert all(self.world.kept.get(key, 0) >= count for key, count in counts.items())

    @invariant()
    def memory_is_bounded(self) -> None:
        gate, now_s = self.gate, self.world.now.mono_s
        assert len(gate.attempts.failures) <= Access().lockout_failures
        assert len(gate.attempts.granted) <= len(PEOPLE) + 1
        # `note` forgets as it writes, so old entries may linger until the next write, but never pile up
        assert sum(now_s - at < REPORT_AGAIN_S for at in gate.attempts.refused.values()) <= 12 * 16
        assert len(gate.shown.people) <= 8
        assert len(gate.pins.tried) <= 64 + len(PEOPLE) + 1
        assert len(gate.unknown_cards) <= ACCESS.lockout_failures

    def teardown(self) -> None:
        self.world.send(FireLineChanged(LineState.NORMAL)) if not self.world.burning else self.fire_line_ends()
        if not self.stopped:
            self.world.lockdown = False
            self.order("release")
        self.world.now = replace(self.world.now, mono_s=max(self.world.now.mono_s, self.world.may_end_s) + TICK_S)
        self.world.send(Tick())
        assert not self.world.relay

    def fire_line_ends(self) -> None:
        self.world.burning = False
        self.world.send(FireLineChanged(LineState.NORMAL))


EXAMPLES = int(os.environ.get("EDGE_EXAMPLES", "150"))
TestGateMachine: Any = GateMachine.TestCase
TestGateMachine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
