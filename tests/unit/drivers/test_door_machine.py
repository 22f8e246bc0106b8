"""The door's port under every order, alarm, cut wire and restart that chance comes up with: fire always frees."""

from __future__ import annotations

from door_samples import CONTACT, FULL, RELAY, Wired
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.drivers.debounce import STABLE_S
from edge.drivers.door.gpio import GpioDoorPort
from edge.events import LineState

STEP_S = 0.02
SETTLED_S = 0.07  # longer than the debounce, whatever the sampling's phase


class DoorMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.wired = Wired()
        self.door = GpioDoorPort(FULL, self.wired.make)
        self.now_s = 100.0
        self.line = LineState.NORMAL
        self.since_s = self.now_s
        self.commanded = False
        self.alarmed = False  # an alarm was stable, and no rest has been since
        self.glimpsed = False  # an alarm was seen at all, perhaps too short to count
        self.begin()

    def begin(self) -> None:
        self.relay = self.wired.pin(RELAY)  # the factory forgets its pins when it is closed
        self.door.open()
        self.commanded = False
        self.alarmed = self.glimpsed = self.line is LineState.ALARM
        self.since_s = self.now_s
        assert bool(self.relay.state) is self.alarmed
        self.look()

    def look(self) -> None:
        self.now_s += STEP_S
        inputs = self.door.sample(self.now_s)
        stood_s = self.now_s - self.since_s
        if self.line is LineState.ALARM:
            self.glimpsed = True
            if stood_s >= SETTLED_S:
                self.alarmed = True
                assert inputs.fire is LineState.ALARM
        if self.line is LineState.NORMAL:
            self.alarmed &= stood_s < STABLE_S - STEP_S  # from here on it may be over
            if stood_s >= SETTLED_S:
                self.glimpsed = False
                assert inputs.fire is LineState.NORMAL

    @rule(steps=st.integers(1, 60))
    def time_passes(self, steps: int) -> None:
        for _ in range(steps):
            self.look()
            self.as_it_should_be()

    @rule(seconds=st.floats(0.0, 5.0))
    def nobody_looks(self, seconds: float) -> None:
        self.now_s += seconds
        self.since_s = max(self.since_s, self.now_s)  # what was not seen to stand does not count

    @rule(on=st.booleans())
    def somebody_commands(self, on: bool) -> None:
        self.door.drive_relay(on=on)
        self.commanded = on

    @rule(state=st.sampled_from(LineState))
    def the_line(self, state: LineState) -> None:
        if state is not self.line:
            self.line, self.since_s = state, self.now_s
        self.wired.fire(state)

    @rule(is_open=st.sampled_from([True, False, None]))
    def the_leaf(self, is_open: bool | None) -> None:
        self.wired.wire(CONTACT, is_open)

    @rule()
    def a_restart(self) -> None:
        wires = {number: self.wired.pin(number).wire for number in range(28)}
        self.door.close()
        if self.alarmed:
            assert self.relay.state
        elif not self.glimpsed:
            assert not self.relay.state
        self.wired = Wired()  # the kernel has taken the lines back
        for number, level in wires.items():
            if level is not None:
                self.wired.wire(number, level)
        self.door = GpioDoorPort(FULL, self.wired.make)
        self.begin()

    @invariant()
    def as_it_should_be(self) -> None:
        on = bool(self.relay.state)
        if self.alarmed or self.commanded:
            assert on
        elif not self.glimpsed:
            assert not on

    def teardown(self) -> None:
        """Rest and safe: whatever was before, the relay is off then."""
        self.the_line(LineState.NORMAL)
        self.door.drive_relay(on=False)
        for _ in range(6):
            self.look()
        assert not self.relay.state
        self.door.close()
        assert not self.relay.state


TestDoorMachine = DoorMachine.TestCase
TestDoorMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
