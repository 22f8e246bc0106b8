"""The lid state machines as tables: a script of what is asked and sensed, and what is driven and told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from edge.bin_events import LidPosition
from edge.drivers.station.lids import CLEAR_S, WAIT_S, Drive, LidControl, LidInputs, LidOutputs
from edge.drivers.station.motor import REVERSE_S, SETTLE_S, START_S, MotorControl
from edge.drivers.station.servo import ServoControl

STEP_S = 0.02
LONGEST_S = 4.0
TRAVEL_S = 2.0
OPEN, CLOSED, MOVING, BLOCKED = LidPosition.OPEN, LidPosition.CLOSED, LidPosition.MOVING, LidPosition.BLOCKED
OFF, OPENING, CLOSING = Drive.OFF, Drive.OPENING, Drive.CLOSING


@dataclass
class Lid:
    """A control on a lid that moves as it is driven, stepped fifty times a second."""

    control: LidControl = field(default_factory=lambda: MotorControl(LONGEST_S))
    place: float = 0.0
    now_s: float = 100.0
    hand: bool = False
    strained: bool = False
    stuck: bool = False
    stops: tuple[bool, bool] | None = None  # what the end stops say, where they do not tell the truth
    last: LidOutputs = field(default_factory=LidOutputs)
    drives: list[Drive] = field(default_factory=list)
    positions: list[LidPosition | None] = field(default_factory=list)

    def run(self, seconds: float) -> LidOutputs:
        """Step for so long; at least once."""
        for _ in range(max(1, round(seconds / STEP_S))):
            self.now_s += STEP_S
            if not self.stuck:
                way = {OFF: 0.0, OPENING: 1.0, CLOSING: -1.0}[self.last.drive] * STEP_S / TRAVEL_S
                self.place = min(1.0, max(0.0, self.place + way))
            opened, closed = self.stops or (self.place >= 1.0, self.place <= 0.0)
            self.last = self.control.step(self.now_s, LidInputs(opened, closed, self.strained, self.hand))
            if not self.drives or self.drives[-1] is not self.last.drive:
                self.drives.append(self.last.drive)
            if not self.positions or self.positions[-1] is not self.last.position:
                self.positions.append(self.last.position)
        return self.last

    def ask(self, seconds: float, *, open: bool) -> LidOutputs:
        self.control.ask(open=open)
        return self.run(seconds)


def opened() -> Lid:
    lid = Lid(place=1.0)
    lid.run(CLEAR_S + STEP_S)
    lid.drives, lid.positions = [OFF], [OPEN]
    return lid


def test_a_motor_opens_and_closes_from_end_to_end() -> None:
    lid = Lid()
    assert lid.run(1.0) == LidOutputs(OFF, CLOSED)
    assert lid.ask(TRAVEL_S + 0.2, open=True) == LidOutputs(OFF, OPEN)
    assert lid.ask(TRAVEL_S + 0.4, open=False) == LidOutputs(OFF, CLOSED)
    assert lid.drives == [OFF, OPENING, OFF, CLOSING, OFF]
    assert lid.positions == [CLOSED, MOVING, OPEN, MOVING, CLOSED]


def test_nothing_moves_by_itself_after_power_up_wherever_the_lid_is() -> None:
    for place, position in ((0.0, CLOSED), (0.4, MOVING), (1.0, OPEN)):
        lid = Lid(place=place)
        assert lid.run(30.0) == LidOutputs(OFF, position)
        assert lid.drives == [OFF]
    assert lid.ask(TRAVEL_S, open=True) == LidOutputs(OFF, OPEN)


def test_from_an_unknown_place_it_goes_where_it_is_sent() -> None:
    for place in (0.01, 0.5, 0.99):
        for open_, position in ((True, OPEN), (False, CLOSED)):
            lid = Lid(place=place)
            lid.run(CLEAR_S)
            assert lid.ask(TRAVEL_S + 1.0, open=open_) == LidOutputs(OFF, position)


@pytest.mark.parametrize("after_s", [STEP_S, 0.5, 1.5])
def test_a_hand_stops_a_closing_lid_in_the_same_step_and_sends_it_back(after_s: float) -> None:
    lid = opened()
    assert lid.ask(after_s, open=False).drive is CLOSING
    lid.hand = True
    assert lid.run(STEP_S) == LidOutputs(OFF, BLOCKED)
    assert lid.run(REVERSE_S + 2 * STEP_S).drive in (OPENING, OFF)
    assert lid.run(TRAVEL_S + 0.2) == LidOutputs(OFF, OPEN)
    assert lid.positions[-2:] == [BLOCKED, OPEN]
    lid.hand = False
    assert lid.run(60.0).position is OPEN  # whoever wants it shut asks again
    assert lid.ask(TRAVEL_S + 0.2, open=False).position is CLOSED


def test_strain_sends_a_closing_lid_back_and_not_an_opening_one() -> None:
    lid = opened()
    lid.ask(START_S + 0.2, open=False)
    lid.strained = True
    assert lid.run(STEP_S) == LidOutputs(OFF, BLOCKED)
    assert lid.run(TRAVEL_S) == LidOutputs(OFF, OPEN)


def test_a_motor_strains_when_it_starts() -> None:
    lid = opened()
    lid.strained = True
    assert lid.ask(START_S - 2 * STEP_S, open=False).drive is CLOSING
    lid.strained = False
    assert lid.run(TRAVEL_S).position is CLOSED


def test_a_cut_strain_input_lets_a_lid_open_and_never_close() -> None:
    lid = Lid(strained=True)
    assert lid.ask(TRAVEL_S + 0.2, open=True).position is OPEN
    lid.ask(10.0, open=False)
    assert (lid.last.position, lid.place) == (OPEN, 1.0)
    assert CLOSED not in lid.positions[1:]


def test_no_lid_begins_to_close_while_a_hand_is_in_the_opening() -> None:
    lid = opened()
    lid.hand = True
    assert lid.ask(10.0, open=False) == LidOutputs(OFF, OPEN)
    lid.hand = False
    assert lid.run(CLEAR_S - STEP_S).drive is OFF
    assert lid.run(3 * STEP_S).drive is CLOSING
    assert lid.run(TRAVEL_S + 0.2).position is CLOSED


def test_an_opening_that_is_never_free_is_a_fault_until_it_is() -> None:
    lid = opened()
    lid.hand = True
    assert lid.ask(WAIT_S - 1.0, open=False).fault == ""
    assert "in the opening" in lid.run(2.0).fault
    lid.hand = False
    assert lid.run(CLEAR_S + 2 * STEP_S).fault == ""


def test_an_order_to_open_takes_back_one_to_close() -> None:
    lid = opened()
    lid.ask(0.6, open=False)
    lid.ask(0.3, open=True)
    assert lid.drives == [OFF, CLOSING, OFF, OPENING]
    assert lid.run(TRAVEL_S) == LidOutputs(OFF, OPEN)


def test_between_the_directions_the_bridge_is_off() -> None:
    lid = opened()
    lid.ask(0.6, open=False)
    lid.ask(STEP_S, open=True)
    off = 0
    while lid.last.drive is OFF:
        off += 1
        lid.run(STEP_S)
    assert off * STEP_S >= REVERSE_S - STEP_S / 2


@pytest.mark.parametrize("open_", [True, False])
def test_a_lid_that_does_not_arrive_is_a_fault_and_the_motor_rests(open_: bool) -> None:
    lid = Lid(place=0.5, stuck=True)
    lid.run(CLEAR_S)
    lid.ask(LONGEST_S - 0.1, open=open_)
    assert lid.last.drive is not OFF
    assert lid.run(0.2) == LidOutputs(OFF, MOVING, f"not {'open' if open_ else 'closed'} after {LONGEST_S:g} s")
    for _ in range(10):  # asking again and again does not heat it
        assert lid.ask(0.3, open=open_).drive is OFF
    lid.stuck = False
    assert lid.run(LONGEST_S) == LidOutputs(OFF, OPEN if open_ else CLOSED)


def test_a_lid_that_jammed_while_closing_opens_at_once() -> None:
    lid = opened()
    lid.ask(1.0, open=False)
    lid.stuck = True
    assert lid.run(LONGEST_S).fault
    lid.stuck = False
    assert lid.ask(3 * STEP_S, open=True).drive is OPENING
    assert lid.run(TRAVEL_S).position is OPEN
    assert lid.last.fault  # it has not closed since
    assert lid.ask(TRAVEL_S + 0.2, open=False) == LidOutputs(OFF, CLOSED)


def test_asking_again_while_it_runs_gives_it_no_more_time() -> None:
    lid = Lid(place=0.5, stuck=True)
    for _ in range(round(LONGEST_S / 0.1) + 2):
        lid.ask(0.1, open=True)
    assert (lid.last.drive, bool(lid.last.fault)) == (OFF, True)


def test_a_run_that_is_broken_off_and_asked_for_again_gets_no_more_time() -> None:
    lid = opened()
    lid.stuck = True
    on_s = 0.0
    for _ in range(round(LONGEST_S / 0.1) * 2):
        lid.control.ask(open=False)
        for _ in range(round(0.1 / STEP_S)):
            on_s += STEP_S * (lid.last.drive is CLOSING)
            lid.run(STEP_S)
        lid.control.halt()
        lid.last = LidOutputs()
    assert on_s == pytest.approx(LONGEST_S, abs=0.15)
    lid.run(LONGEST_S)  # a motor that was off for as long may run again
    assert lid.ask(0.1, open=False).drive is CLOSING


def test_a_jammed_lid_that_springs_back_to_its_stop_is_still_a_fault() -> None:
    lid = Lid(stops=(False, True))
    lid.ask(0.5, open=True)
    for closed in (False, True) * 20:
        lid.stops = (False, closed)
        lid.run(0.2)
    assert lid.last.fault


def test_end_stops_that_contradict_each_other_stop_the_motor() -> None:
    lid = opened()
    lid.ask(0.5, open=False)
    lid.stops = (True, True)
    assert lid.run(STEP_S) == LidOutputs(OFF, None)  # at once; the fault when it stays so
    assert "both end stops" in lid.run(SETTLE_S + STEP_S).fault
    lid.ask(5.0, open=True)
    assert lid.last.drive is OFF
    lid.stops = None
    assert lid.run(TRAVEL_S) == LidOutputs(OFF, OPEN)  # the order to open still stands
    assert CLOSING not in lid.drives[lid.drives.index(OFF, 1) :]


def test_a_bounce_of_the_end_stop_on_the_way_ends_nothing() -> None:
    lid = Lid()
    lid.ask(0.8, open=True)
    lid.stops = (True, False)
    assert lid.run(STEP_S).drive is OFF
    lid.stops = None
    assert lid.run(TRAVEL_S) == LidOutputs(OFF, OPEN)


def test_a_lid_lifted_by_hand_is_not_driven() -> None:
    lid = Lid()
    lid.ask(1.0, open=False)
    lid.place = 0.5
    assert lid.run(5.0) == LidOutputs(OFF, MOVING)
    assert lid.drives == [OFF]


def test_inputs_that_cannot_be_read_stop_everything_and_only_opening_goes_on_afterwards() -> None:
    closing, opening = opened(), Lid()
    closing.ask(0.5, open=False)
    opening.ask(0.5, open=True)
    for lid in (closing, opening):
        lid.control.halt()
        lid.last = LidOutputs()
        lid.now_s += 100.0  # which the motor was off
    assert closing.run(5.0) == LidOutputs(OFF, MOVING)
    assert opening.run(TRAVEL_S) == LidOutputs(OFF, OPEN)


# --- the servo


def servo() -> Lid:
    lid = Lid(ServoControl(TRAVEL_S))
    lid.run(CLEAR_S + STEP_S)
    return lid


def test_a_servo_knows_only_where_it_was_sent() -> None:
    lid = servo()
    assert lid.run(5.0) == LidOutputs(OFF, None)
    assert lid.ask(TRAVEL_S - STEP_S, open=True) == LidOutputs(OPENING, MOVING)
    assert lid.run(0.1) == LidOutputs(OPENING, OPEN)  # it is held open
    assert lid.ask(TRAVEL_S - STEP_S, open=False) == LidOutputs(CLOSING, MOVING)
    assert lid.run(0.1) == LidOutputs(OFF, CLOSED)  # and can be lifted


def test_a_hand_sends_a_closing_servo_back() -> None:
    lid = servo()
    lid.ask(TRAVEL_S + 0.1, open=True)
    lid.ask(0.5, open=False)
    lid.hand = True
    assert lid.run(STEP_S) == LidOutputs(OPENING, BLOCKED)
    lid.ask(0.5, open=False)
    lid.hand = False
    assert lid.run(CLEAR_S + 0.2).position is BLOCKED  # it goes back all the way first
    assert lid.run(2 * TRAVEL_S).position is CLOSED


def test_a_servo_waits_for_the_opening_to_be_free() -> None:
    lid = servo()
    lid.ask(TRAVEL_S + 0.1, open=True)
    lid.hand = True
    assert lid.ask(WAIT_S - 1.0, open=False) == LidOutputs(OPENING, OPEN)
    assert "in the opening" in lid.run(2.0).fault
    lid.hand = False
    lid.run(CLEAR_S + TRAVEL_S + 0.1)
    assert lid.last == LidOutputs(OFF, CLOSED)


def test_a_servo_that_is_asked_again_and_again_arrives() -> None:
    lid = servo()
    for open_ in (True, False):
        for _ in range(25):
            lid.ask(0.1, open=open_)
    assert lid.positions[-1] is CLOSED


@pytest.mark.parametrize(("closing", "then"), [(False, OPENING), (True, OFF)])
def test_a_halted_servo_gets_no_pulses_and_goes_on_only_to_open(closing: bool, then: Drive) -> None:
    lid = servo()
    lid.ask(TRAVEL_S + 0.1, open=True)
    if closing:
        lid.ask(0.5, open=False)
    lid.control.halt()
    assert lid.run(STEP_S).drive is then
