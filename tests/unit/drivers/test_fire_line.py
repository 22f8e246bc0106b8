"""The fire panel's line: what two contacts say together, and a door that is free whatever the software thinks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from door_samples import ALARM, CLOSED, FULL, RELAY, REST, TAMPER, Wired

from edge.drivers.debounce import STABLE_S
from edge.drivers.door.fire import DISCREPANCY_S, FireLine
from edge.drivers.door.gpio import GpioDoorPort
from edge.events import LineState

STEP_S = 0.02


class Watch:
    """A fire line that is looked at every 20 ms."""

    def __init__(self) -> None:
        self.line, self.now_s = FireLine(), 50.0

    def see(self, state: LineState, seconds: float) -> LineState | None:
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.line.look(*CLOSED[state], self.now_s)
            self.now_s += STEP_S
        return self.line.state


@pytest.mark.parametrize("state", [LineState.NORMAL, LineState.ALARM])
def test_rest_and_alarm_count_when_they_are_stable(state: LineState) -> None:
    watch = Watch()
    assert watch.see(state, STEP_S) is None
    assert watch.see(state, STABLE_S + STEP_S) is state
    assert watch.line.frees is (state is LineState.ALARM)


@pytest.mark.parametrize("state", [LineState.OPEN, LineState.SHORT])
def test_a_line_that_contradicts_itself_is_a_fault_only_after_a_while(state: LineState) -> None:
    watch = Watch()
    watch.see(LineState.NORMAL, 0.1)
    assert watch.see(state, DISCREPANCY_S - STEP_S) is LineState.NORMAL  # a relay that changes over
    assert watch.see(LineState.NORMAL, 0.1) is LineState.NORMAL
    assert watch.see(state, DISCREPANCY_S - STEP_S) is LineState.NORMAL
    assert watch.see(state, 3 * STEP_S) is state
    assert not watch.line.frees


def test_from_cut_to_bridged_and_back_to_rest() -> None:
    watch = Watch()
    assert watch.see(LineState.OPEN, 1.0) is LineState.OPEN
    assert watch.see(LineState.SHORT, 0.1) is LineState.SHORT
    assert watch.see(LineState.NORMAL, 0.1) is LineState.NORMAL


def test_a_line_that_never_settles_is_as_good_as_cut() -> None:
    watch = Watch()
    watch.see(LineState.NORMAL, 0.1)
    for _ in range(40):
        watch.see(LineState.OPEN, STEP_S)
        watch.see(LineState.NORMAL, STEP_S)
    assert watch.line.state is LineState.OPEN


def test_a_stalled_watch_makes_no_fault_of_an_alarm() -> None:
    watch = Watch()
    watch.see(LineState.NORMAL, 0.1)
    watch.now_s += 10.0
    assert watch.see(LineState.ALARM, STEP_S) is LineState.NORMAL
    assert watch.see(LineState.ALARM, 0.1) is LineState.ALARM


@pytest.mark.parametrize("burnt", [LineState.OPEN, LineState.SHORT])
def test_a_cable_that_burns_through_after_the_alarm_ends_no_fire(burnt: LineState) -> None:
    watch = Watch()
    watch.see(LineState.ALARM, 0.1)
    assert watch.see(burnt, 100.0) is burnt
    assert watch.line.frees
    watch.see(LineState.NORMAL, 0.1)
    assert not watch.line.frees


@pytest.fixture
def wired() -> Iterator[Wired]:
    wired = Wired()
    yield wired
    wired.factory.reset()


def sample(door: GpioDoorPort, from_s: float, seconds: float) -> None:
    for n in range(round(seconds / STEP_S) + 1):
        door.sample(from_s + n * STEP_S)


def test_an_alarm_frees_the_door_and_nobody_can_lock_it(wired: Wired) -> None:
    door = GpioDoorPort(FULL, wired.make)
    door.open()
    relay = wired.pin(RELAY)
    sample(door, 0.0, 0.1)
    wired.fire(LineState.ALARM)
    sample(door, 1.0, 0.1)
    assert relay.state
    door.drive_relay(on=False)  # as the brain does, and whoever makes safe
    assert relay.state
    sample(door, 2.0, 1.0)
    assert relay.state
    assert door.sample(3.2).freed
    wired.fire(LineState.NORMAL)
    sample(door, 4.0, 0.1)
    assert not relay.state


def test_after_the_alarm_the_relay_is_as_last_commanded(wired: Wired) -> None:
    door = GpioDoorPort(FULL, wired.make)
    door.open()
    wired.fire(LineState.ALARM)
    sample(door, 0.0, 0.1)
    door.drive_relay(on=False)
    door.drive_relay(on=True)
    wired.fire(LineState.NORMAL)
    sample(door, 1.0, 0.1)
    assert wired.pin(RELAY).state
    door.drive_relay(on=False)
    assert not wired.pin(RELAY).state


def test_who_begins_in_a_fire_frees_the_door_at_once(wired: Wired) -> None:
    wired.fire(LineState.ALARM)
    door = GpioDoorPort(FULL, wired.make)
    door.open()
    assert wired.pin(RELAY).state
    wired.fire(LineState.NORMAL)  # it was a bounce
    sample(door, 0.0, 0.1)
    assert not wired.pin(RELAY).state


def test_a_stop_in_a_fire_does_not_lock_the_door(wired: Wired) -> None:
    door = GpioDoorPort(FULL, wired.make)
    door.open()
    wired.fire(LineState.ALARM)
    sample(door, 0.0, 0.1)
    door.drive_relay(on=False)
    relay = wired.pin(RELAY)
    for _ in range(2):
        door.close()
        assert (relay.state, relay.function) == (1.0, "output")


def test_an_input_that_fails_keeps_no_door_shut_in_a_fire(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    door = GpioDoorPort(FULL, wired.make)
    door.open()
    monkeypatch.setattr(type(wired.pin(TAMPER)), "_get_state", failing_at(TAMPER))
    wired.fire(LineState.ALARM)
    for n in range(5):
        with pytest.raises(OSError, match="the door's inputs cannot be reached"):
            door.sample(n * STEP_S)
    monkeypatch.undo()
    assert wired.pin(RELAY).state


def failing_at(number: int):  # type: ignore[no-untyped-def]
    def get_state(pin: object) -> float:
        if pin.info.name == f"GPIO{number}":  # type: ignore[attr-defined]
            raise OSError("gone")
        return pin._state  # type: ignore[attr-defined,no-any-return]

    return get_state


def test_a_release_that_failed_does_not_come_about_later(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    door = GpioDoorPort(FULL, wired.make)
    door.open()

    def refuse(pin: object, value: float) -> None:
        raise OSError(f"{pin} does not take {value}")

    monkeypatch.setattr(type(wired.pin(RELAY)), "_set_state", refuse)
    with pytest.raises(OSError, match="cannot be reached"):
        door.drive_relay(on=True)
    monkeypatch.undo()
    sample(door, 0.0, 0.2)
    assert not wired.pin(RELAY).state


def test_half_a_line_says_nothing(wired: Wired) -> None:
    """Both wires cut at the panel: the pulls read as open, and the door is as it was."""
    door = GpioDoorPort(FULL, wired.make)
    door.open()
    sample(door, 0.0, 0.1)
    wired.wire(REST, None)
    wired.wire(ALARM, None)
    sample(door, 1.0, 1.0)
    assert door.sample(2.1).fire is LineState.OPEN
    assert not wired.pin(RELAY).state
