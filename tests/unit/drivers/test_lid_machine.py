"""A lid under every order, hand, jam, lying end stop and stalled loop that chance comes up with."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.bin_events import LidPosition
from edge.drivers.station.lids import CLEAR_S, Drive, LidControl, LidInputs, LidOutputs
from edge.drivers.station.motor import REVERSE_S, SETTLE_S, MotorControl
from edge.drivers.station.servo import ServoControl

STEP_S = 0.02
LONGEST_S = 1.5
TRAVEL_S = 1.0
LONGEST_PAUSE_S = 0.3


class LidMachine(RuleBasedStateMachine):
    """Checks every single step, and not only what a rule ends with."""

    def __init__(self, control: LidControl) -> None:
        super().__init__()
        self.control = control
        self.now_s = 1000.0
        self.place = 0.0
        self.jammed = self.hand = self.strained = False
        self.lie: tuple[bool, bool] | None = None
        self.hand_gone_s = self.now_s
        self.last = LidOutputs()
        self.stopped_s = {Drive.OPENING: float("-inf"), Drive.CLOSING: float("-inf")}
        self.asked_to_close = False
        self.asked_ever = False

    @initialize(place=st.sampled_from([0.0, 0.3, 1.0]))
    def begin(self, place: float) -> None:
        self.place = place
        self.step()

    def step(self, after_s: float = STEP_S) -> None:
        before = self.last.drive
        self.now_s += after_s
        if not self.jammed:
            way = {Drive.OFF: 0.0, Drive.OPENING: 1.0, Drive.CLOSING: -1.0}[before] * after_s / TRAVEL_S
            self.place = min(1.0, max(0.0, self.place + way))
        opened, closed = self.lie or (self.place >= 1.0, self.place <= 0.0)
        inputs = LidInputs(opened, closed, self.strained, self.hand)
        self.last = self.control.step(self.now_s, inputs)
        self.check(before, inputs, after_s)

    def check(self, before: Drive, inputs: LidInputs, after_s: float) -> None:
        drive = self.last.drive
        if inputs.hand:
            assert drive is not Drive.CLOSING
            self.hand_gone_s = self.now_s + STEP_S  # the first step without it
        if drive is Drive.CLOSING:
            assert self.asked_to_close
            assert before is Drive.CLOSING or self.now_s - self.hand_gone_s >= CLEAR_S - 1e-6
        assert drive is Drive.OFF or self.asked_ever
        if before is not Drive.OFF and drive is not before:
            self.stopped_s[before] = self.now_s
        self.check_kind(before, inputs, after_s)

    def check_kind(self, before: Drive, inputs: LidInputs, after_s: float) -> None:
        """What holds for this kind of lid alone."""

    @rule(steps=st.integers(1, 120))
    def time_passes(self, steps: int) -> None:
        for _ in range(steps):
            self.step()

    @rule(pause_s=st.floats(STEP_S, LONGEST_PAUSE_S))
    def the_loop_stalls(self, pause_s: float) -> None:
        self.step(pause_s)

    @rule(open_=st.booleans())
    def somebody_asks(self, open_: bool) -> None:
        self.control.ask(open=open_)
        self.asked_to_close |= not open_
        self.asked_ever = True

    @rule(hand=st.booleans())
    def a_hand(self, hand: bool) -> None:
        self.hand = hand

    @rule(jammed=st.booleans())
    def a_jam(self, jammed: bool) -> None:
        self.jammed = jammed

    @rule(strained=st.booleans())
    def strain(self, strained: bool) -> None:
        self.strained = strained

    @rule(steps=st.integers(1, 40), more=st.integers(1, 40))
    def a_hand_comes_while_it_closes(self, steps: int, more: int) -> None:
        """From wherever it is, as soon as it may."""
        self.hand = self.strained = self.jammed = False
        self.lie = None
        self.whoever_asks_to_open_gets_it_open()
        self.somebody_asks(False)
        self.time_passes(round(CLEAR_S / STEP_S) + steps)
        self.hand = True
        self.time_passes(more)

    @rule(lie=st.sampled_from([None, (True, True), (False, False), (True, False), (False, True)]))
    def the_end_stops_lie(self, lie: tuple[bool, bool] | None) -> None:
        self.lie = lie

    @rule(place=st.floats(0.0, 1.0))
    def somebody_moves_it_by_hand(self, place: float) -> None:
        self.place = place

    @rule()
    def the_inputs_cannot_be_read(self) -> None:
        self.control.halt()
        self.last = LidOutputs()
        self.asked_to_close = False

    @rule()
    def whoever_asks_to_open_gets_it_open(self) -> None:
        """With a lid that works, whatever was before."""
        self.jammed = False
        self.lie = None
        self.control.ask(open=True)
        self.asked_ever = True
        for _ in range(round((2 * LONGEST_S + TRAVEL_S + 1.0) / STEP_S)):
            self.step()
        assert self.place == 1.0
        assert self.last.position is LidPosition.OPEN


class MotorMachine(LidMachine):
    def __init__(self) -> None:
        super().__init__(MotorControl(LONGEST_S))
        self.on_s = 0.0  # in one direction, since it last came to that end, paused for its rest, or went the other way
        self.off_s = 0.0
        self.at_end_s = 0.0
        self.way = Drive.OFF

    def check_kind(self, before: Drive, inputs: LidInputs, after_s: float) -> None:
        drive = self.last.drive
        assert not (drive is Drive.OPENING and inputs.open_stop)
        assert not (drive is Drive.CLOSING and inputs.closed_stop)
        assert not (inputs.open_stop and inputs.closed_stop and drive is not Drive.OFF)
        if drive is not Drive.OFF and drive is not before:
            other = Drive.CLOSING if drive is Drive.OPENING else Drive.OPENING
            assert before is Drive.OFF
            assert self.now_s - self.stopped_s[other] >= REVERSE_S - 1e-6
        self._count(before, inputs, after_s)
        if inputs.open_stop and inputs.closed_stop:
            assert self.last.position is None
        elif self.last.position in (LidPosition.OPEN, LidPosition.CLOSED):
            assert inputs.open_stop == (self.last.position is LidPosition.OPEN)
            assert inputs.closed_stop == (self.last.position is LidPosition.CLOSED)

    def _count(self, before: Drive, inputs: LidInputs, after_s: float) -> None:
        """A motor is never on in one direction for longer than its time, unless it arrived, rested as long or turned
        back.
        """
        arrived = inputs.open_stop if self.way is Drive.OPENING else inputs.closed_stop
        self.at_end_s = self.at_end_s + after_s if arrived and inputs.open_stop != inputs.closed_stop else 0.0
        if self.last.position is LidPosition.BLOCKED or self.at_end_s >= SETTLE_S:
            self.on_s = 0.0
        if before is Drive.OFF:
            self.off_s += after_s
            if self.off_s >= LONGEST_S - STEP_S:
                self.on_s = 0.0
        else:
            if before is not self.way:
                self.way, self.on_s = before, 0.0
            self.off_s = 0.0
            self.on_s += after_s
            assert self.on_s <= LONGEST_S + LONGEST_PAUSE_S + STEP_S + 1e-6  # sums of steps round

    @rule(open_=st.booleans())
    def somebody_asks_for_ever(self, open_: bool) -> None:
        self.asked_to_close |= not open_
        self.asked_ever = True
        for _ in range(200):
            self.control.ask(open=open_)
            self.step()

    @precondition(lambda self: self.last.drive is not Drive.OFF and self.jammed)
    @rule()
    def a_jam_that_lasts_is_told(self) -> None:
        self.lie = (False, False)
        if self.last.drive is Drive.CLOSING:
            self.strained = self.hand = False
        for _ in range(round(2 * LONGEST_S / STEP_S)):
            self.step()
        assert self.last.fault

    @invariant()
    def a_fault_has_words(self) -> None:
        assert self.last.fault == self.last.fault.strip()


class ServoMachine(LidMachine):
    def __init__(self) -> None:
        super().__init__(ServoControl(TRAVEL_S))

    @rule()
    def whoever_asks_to_open_gets_it_open(self) -> None:
        """It moves as it is driven, but for a jam."""
        self.jammed, self.place = False, min(self.place, 0.5)
        self.control.ask(open=True)
        self.asked_ever = True
        for _ in range(round((2 * TRAVEL_S + 0.1) / STEP_S)):
            self.step()
        assert self.last.position is LidPosition.OPEN
        assert self.last.drive is Drive.OPENING


TestMotor = MotorMachine.TestCase
TestMotor.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestServo = ServoMachine.TestCase
TestServo.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
