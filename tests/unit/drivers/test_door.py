"""The door driver on gpiozero's mock pins: the same code as on a Pi, and a visitor who behaves physically."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from door_samples import BUSY, CONTACT, FULL, OTHER, RELAY, TAMPER, WIDE, Wired
from gpiozero.pins.mock import MockFactory

from edge.actions import Lamp
from edge.config.schema import GpioDoor, SimulatedDoor
from edge.drivers.debounce import STABLE_S
from edge.drivers.door import DoorInputs
from edge.drivers.door.contacts import OTHER_OPEN_S, ContactsWorker
from edge.drivers.door.gpio import GpioDoorPort
from edge.drivers.door.simulated import SimulatedDoorPort
from edge.drivers.gpio import lgpio_factory
from edge.errors import HardwareError
from edge.events import (
    ComponentFailed,
    ComponentRecovered,
    ContactChanged,
    Event,
    ExitPressed,
    FireLineChanged,
    LineState,
    OtherDoorChanged,
    TamperChanged,
    WideExitPressed,
)
from edge.runtime.faults import FaultDesk


class Pins:
    def __init__(self) -> None:
        self.factory: Any = MockFactory()

    def make(self) -> tuple[Any, tuple[type[Exception], ...]]:
        return self.factory, ()


@pytest.fixture
def pins() -> Iterator[Pins]:
    pins = Pins()
    yield pins
    pins.factory.reset()


@pytest.mark.parametrize(("active", "energised", "safe"), [("high", 1, 0), ("low", 0, 1)])
def test_the_relay_follows_its_polarity_and_begins_and_ends_safe(
    pins: Pins, active: str, energised: int, safe: int
) -> None:
    door = GpioDoorPort(GpioDoor(driver="gpio", relay_pin=17, relay_active=active), pins.make)  # type: ignore[arg-type]
    relay = pins.factory.pin(17)
    door.open()
    assert relay.state == safe
    door.drive_relay(on=True)
    assert relay.state == energised
    door.close()
    # the mock lets go of a closed line as the kernel does; off must have been driven before that
    assert [state.state for state in relay.states][-2:] in ([energised, safe], [safe, safe])


@pytest.mark.parametrize("contact_open", ["high", "low"])
@pytest.mark.parametrize("exit_pressed", ["high", "low"])
def test_levels_and_what_a_cut_wire_reads_as(pins: Pins, contact_open: str, exit_pressed: str) -> None:
    wiring = GpioDoor("gpio", 17, "high", 27, contact_open, 22, exit_pressed)  # type: ignore[arg-type]
    door = GpioDoorPort(wiring, pins.make)
    door.open()
    assert door.sample(0.0) == DoorInputs(contact_open=True, exit_pressed=False)  # nothing drives the lines
    contact, button = pins.factory.pin(27), pins.factory.pin(22)
    (contact.drive_low if contact_open == "high" else contact.drive_high)()
    (button.drive_high if exit_pressed == "high" else button.drive_low)()
    assert door.sample(0.1) == DoorInputs(contact_open=False, exit_pressed=True)
    door.close()


def test_lamps(pins: Pins) -> None:
    wiring = GpioDoor("gpio", 17, granted_lamp_pin=23, refused_lamp_pin=24)
    door = GpioDoorPort(wiring, pins.make)
    door.open()
    for lamp, levels in ((Lamp.GRANTED, (1, 0)), (Lamp.REFUSED, (0, 1)), (Lamp.OFF, (0, 0))):
        door.show_lamp(lamp)
        assert (pins.factory.pin(23).state, pins.factory.pin(24).state) == levels
    door.close()


@pytest.fixture
def wired() -> Iterator[Wired]:
    wired = Wired()
    yield wired
    wired.factory.reset()


def test_a_cut_wire_reads_as_an_open_housing_an_open_other_door_and_a_button_at_rest(wired: Wired) -> None:
    door = GpioDoorPort(FULL, wired.make)
    door.open()
    at_rest = door.sample(0.0)
    assert (at_rest.tamper_open, at_rest.other_open, at_rest.wide_exit_pressed) == (False, False, False)
    wired.wire(WIDE, False)
    assert door.sample(0.1).wide_exit_pressed
    for pin in (TAMPER, OTHER, WIDE):
        wired.wire(pin, None)
    cut = door.sample(0.2)
    assert (cut.tamper_open, cut.other_open, cut.wide_exit_pressed) == (True, True, False)
    door.close()


@pytest.mark.parametrize(("level", "busy"), [("low", 0.0), ("high", 1.0)])
def test_the_other_door_hears_of_a_released_or_open_door(wired: Wired, level: str, busy: float) -> None:
    line, relay = wired.pin(BUSY), wired.pin(RELAY)
    door = GpioDoorPort(replace(FULL, busy_level=level), wired.make)  # type: ignore[arg-type]
    door.open()
    assert line.state == busy  # nobody has looked at the leaf yet
    door.sample(0.0)
    assert line.state == busy
    door.sample(0.1)
    assert line.state != busy
    door.drive_relay(on=True)
    assert line.state == busy
    door.drive_relay(on=False)
    door.sample(0.2)
    assert line.state != busy
    wired.wire(CONTACT, True)
    door.sample(0.3)
    assert line.state == busy
    wired.wire(CONTACT, False)
    door.sample(0.4)
    assert line.state == busy  # it may have bounced
    door.sample(0.5)
    assert line.state != busy
    wired.fire(LineState.ALARM)
    door.sample(0.6)
    door.sample(0.7)
    assert (line.state, relay.state) == (busy, 1.0)


def test_the_other_door_hears_before_the_relay_moves(wired: Wired) -> None:
    door = GpioDoorPort(FULL, wired.make)
    door.open()
    door.sample(0.0)
    door.sample(0.1)
    seen: list[float] = []
    relay = wired.pin(RELAY)
    change = relay._change_state
    relay._change_state = lambda value: (seen.append(wired.pin(BUSY).state), change(value))[1]
    door.drive_relay(on=True)
    assert seen == [0.0]


def test_without_a_contact_the_relay_alone_makes_a_door_busy(wired: Wired) -> None:
    door = GpioDoorPort(replace(FULL, contact_pin=-1), wired.make)
    door.open()
    door.sample(0.0)
    assert wired.pin(BUSY).state == 1.0


def test_a_door_that_is_not_open_says_so(pins: Pins) -> None:
    door = GpioDoorPort(GpioDoor("gpio", 17), pins.make)
    with pytest.raises(HardwareError, match="not open"):
        door.drive_relay(on=True)
    door.close()  # closing what was never opened is no error


def test_a_pin_used_twice_is_a_clear_error(pins: Pins) -> None:
    door = GpioDoorPort(GpioDoor("gpio", 17, granted_lamp_pin=17), pins.make)
    with pytest.raises(HardwareError, match="cannot be reached"):
        door.open()
    door.close()


def test_without_lgpio_the_hint_says_what_to_install() -> None:
    try:
        import lgpio  # noqa: F401
    except ImportError:
        with pytest.raises(HardwareError, match="python3-lgpio"):
            lgpio_factory()
    else:
        pytest.skip("lgpio is installed here")


def test_the_simulated_visitor_opens_only_an_unlocked_door() -> None:
    door = SimulatedDoorPort(SimulatedDoor("simulated", opens_after_s=0.5, closes_after_s=1.0))
    door.open()
    assert door.sample(0.0).contact_open is False
    assert door.sample(10.0).contact_open is False
    door.drive_relay(on=True)
    assert door.sample(10.1).contact_open is False
    assert door.sample(10.6).contact_open is True
    door.drive_relay(on=False)
    assert door.sample(11.0).contact_open is True  # an open leaf does not shut because the lock is on again
    assert door.sample(11.6).contact_open is False
    door.force(20.0)
    assert door.sample(20.1).contact_open is True
    door.press_exit(30.0)
    assert door.sample(30.1).exit_pressed
    assert not door.sample(30.3).exit_pressed
    door.close()


EVERYTHING = SimulatedDoor("simulated", fire_line=True, tamper=True, other_door=True, wide_exit=True)


def test_the_simulated_fire_panel_frees_the_door_and_people_leave() -> None:
    door = SimulatedDoorPort(EVERYTHING)
    door.open()
    for n in range(5):
        assert door.sample(n * 0.02).freed is False
    door.set_fire(LineState.ALARM)
    for n in range(5, 10):
        inputs = door.sample(n * 0.02)
    assert (inputs.fire, inputs.freed, door.relay_energised()) == (LineState.ALARM, True, True)
    assert door.sample(1.0).contact_open
    for state in (LineState.OPEN, LineState.SHORT):
        door.set_fire(state)
        door.drive_relay(on=False)
        for n in range(200):
            inputs = door.sample(2.0 + n * 0.02)
        assert (inputs.fire, inputs.freed) == (state, True)
    door.set_fire(LineState.NORMAL)
    for n in range(5):
        inputs = door.sample(10.0 + n * 0.02)
    assert (inputs.fire, inputs.freed, door.relay_energised()) == (LineState.NORMAL, False, False)
    door.close()


def test_the_simulated_housing_other_door_and_second_button() -> None:
    door = SimulatedDoorPort(EVERYTHING)
    assert door.busy()  # as a device without power is to the other one
    door.open()
    door.sample(0.0)
    assert door.sample(0.1) == DoorInputs(
        contact_open=False, exit_pressed=False, fire=LineState.NORMAL, tamper_open=False, other_open=False
    )
    assert not door.busy()
    door.open_housing()
    door.other_door(open=True)
    door.press_wide_exit(0.2)
    inputs = door.sample(0.3)
    assert (inputs.tamper_open, inputs.other_open, inputs.wide_exit_pressed) == (True, True, True)
    door.shut_housing()
    door.other_door(open=False)
    inputs = door.sample(0.5)
    assert (inputs.tamper_open, inputs.other_open, inputs.wide_exit_pressed) == (False, False, False)
    door.drive_relay(on=True)
    assert door.busy()
    door.close()


def test_what_is_not_wired_in_the_simulator_cannot_be_moved() -> None:
    door = SimulatedDoorPort(SimulatedDoor("simulated"))
    door.open()
    assert door.sample(0.0) == DoorInputs(contact_open=False, exit_pressed=False)
    with pytest.raises(HardwareError, match="not wired") as caught:
        door.set_fire(LineState.ALARM)
    assert "fire_line = true" in caught.value.hint
    door.close()


def test_two_simulated_doors_keep_an_eye_on_each_other() -> None:
    inner, outer = SimulatedDoorPort(EVERYTHING), SimulatedDoorPort(EVERYTHING)
    doors = ((inner, outer), (outer, inner))
    for door, _ in doors:
        door.open()
    seen = []
    outer.drive_relay(on=True)
    for n in range(3):
        for door, other in doors:
            door.other_door(open=other.busy())
        seen = [door.sample(n * 0.1).other_open for door, _ in doors]
    assert seen == [True, False]
    for door, _ in doors:
        door.close()


class Wires:
    """A door port whose inputs the test sets."""

    def __init__(self) -> None:
        self.inputs = DoorInputs(contact_open=False, exit_pressed=False)
        self.broken = False

    def open(self) -> None: ...
    def drive_relay(self, *, on: bool) -> None: ...
    def show_lamp(self, lamp: Lamp) -> None: ...
    def close(self) -> None: ...

    def sample(self, mono_s: float) -> DoorInputs:
        if self.broken:
            raise HardwareError(f"gone at {mono_s}")
        return self.inputs


class Watched:
    """A contacts worker with its clock and what it posted."""

    def __init__(self) -> None:
        self.wires, self.now, self.posted, self.full = Wires(), 0.0, list[Event](), False
        self.worker = ContactsWorker(self.wires, self.post, FaultDesk(self.post), lambda: self.now)

    def post(self, event: Event) -> bool:
        if not self.full:
            self.posted.append(event)
        return not self.full

    def look(self, seconds: float) -> list[Event]:
        self.now += seconds
        self.posted.clear()
        self.worker.look()
        return list(self.posted)


def test_a_level_counts_when_it_is_stable() -> None:
    watched = Watched()
    assert watched.look(0.0) == []
    assert watched.look(STABLE_S) == [ContactChanged(False)]
    for level in (True, False, True, False):  # bouncing
        watched.wires.inputs = DoorInputs(level, exit_pressed=False)
        assert watched.look(0.01) == []
    watched.wires.inputs = DoorInputs(contact_open=True, exit_pressed=True)
    assert watched.look(0.01) == []
    assert watched.look(STABLE_S) == [ContactChanged(True), ExitPressed()]
    assert watched.look(1.0) == []  # a held button is pressed once


def test_a_full_inbox_loses_no_change() -> None:
    watched = Watched()
    watched.full = True
    watched.wires.inputs = DoorInputs(contact_open=True, exit_pressed=True)
    for _ in range(5):
        watched.look(0.05)
    watched.full = False
    assert watched.look(0.05) == [ContactChanged(True), ExitPressed()]


def test_unreadable_contacts_are_told_once_and_read_anew_afterwards() -> None:
    watched = Watched()
    watched.look(0.0)
    watched.look(0.1)
    watched.wires.broken = True
    assert [type(event) for event in watched.look(0.1)] == [ComponentFailed]
    assert watched.look(0.1) == []
    watched.wires.broken = False
    events = watched.look(0.1)
    assert isinstance(events[0], ComponentRecovered)
    assert ContactChanged(False) in events + watched.look(0.1)


def test_fire_housing_other_door_and_second_button_are_told() -> None:
    watched = Watched()
    rest = DoorInputs(contact_open=None, exit_pressed=False, fire=LineState.NORMAL, tamper_open=False, other_open=False)
    watched.wires.inputs = rest
    watched.look(0.0)
    assert watched.look(STABLE_S) == [TamperChanged(False), OtherDoorChanged(False)]  # the port's fire line is stable
    assert watched.look(1.0) == []
    watched.wires.inputs = replace(rest, fire=LineState.OPEN, tamper_open=True, other_open=True, wide_exit_pressed=True)
    assert watched.look(0.01) == [FireLineChanged(LineState.OPEN)]
    assert watched.look(STABLE_S) == [TamperChanged(True), OtherDoorChanged(True), WideExitPressed()]
    assert watched.look(1.0) == []


def test_a_fire_line_is_told_at_once() -> None:
    watched = Watched()
    watched.wires.inputs = DoorInputs(contact_open=None, exit_pressed=False, fire=LineState.ALARM, freed=True)
    assert watched.look(0.0) == [FireLineChanged(LineState.ALARM)]


def test_a_full_inbox_loses_no_alarm() -> None:
    watched = Watched()
    watched.full = True
    watched.wires.inputs = DoorInputs(
        None, exit_pressed=False, wide_exit_pressed=True, fire=LineState.ALARM, tamper_open=True, other_open=True
    )
    for _ in range(5):
        watched.look(0.05)
    watched.full = False
    told = [FireLineChanged(LineState.ALARM), TamperChanged(True), OtherDoorChanged(True), WideExitPressed()]
    assert watched.look(0.05) == told


def test_nobody_knows_of_the_other_door_what_cannot_be_read() -> None:
    watched = Watched()
    watched.wires.inputs = DoorInputs(None, exit_pressed=False, fire=LineState.NORMAL, other_open=False)
    watched.look(0.0)
    assert OtherDoorChanged(False) in watched.look(0.1)
    watched.wires.broken = True
    told = watched.look(0.1) + watched.look(0.1) + watched.look(0.1)
    assert told[1:] == [OtherDoorChanged(None)]
    watched.wires.broken = False
    told = watched.look(0.1) + watched.look(0.1)
    assert [type(event) for event in told] == [ComponentRecovered, FireLineChanged, OtherDoorChanged]
    assert told[2] == OtherDoorChanged(False)


def test_an_other_door_that_stays_open_may_be_a_cut_wire_and_keeps_nobody_inside() -> None:
    watched = Watched()
    shut = DoorInputs(None, exit_pressed=False, other_open=False)
    for _ in range(2):
        watched.wires.inputs = replace(shut, other_open=True)
        watched.look(0.0)
        assert watched.look(1.0) == [OtherDoorChanged(True)]
        assert watched.look(OTHER_OPEN_S - 1.5) == []
        assert watched.look(1.0) + watched.look(0.1) == [OtherDoorChanged(None)]
        assert watched.look(1000.0) == []
        watched.wires.inputs = shut
        assert watched.look(1.0) + watched.look(0.1) == [OtherDoorChanged(False)]


def test_without_an_interlock_nothing_is_told_of_another_door() -> None:
    watched = Watched()
    watched.look(0.0)
    watched.wires.broken = True
    assert [type(event) for event in watched.look(0.1) + watched.look(0.1) + watched.look(0.1)] == [ComponentFailed]
