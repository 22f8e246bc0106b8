"""The station driver on gpiozero's mock pins: the same code as on a Pi."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from edge.actions import BinLamp
from edge.bin_events import Button, LidPosition
from edge.config.station import Bin, Station
from edge.config.wiring import BinWiring, MotorLid, ServoLid, StationWiring
from edge.drivers.station import BinInputs, StationInputs
from edge.drivers.station.gpio import GpioStationPort
from edge.errors import HardwareError

MOTOR = MotorLid("motor", open_pin=23, close_pin=24, open_stop_pin=4, closed_stop_pin=5, current_pin=6)
WIRING = BinWiring(guide_lamp_pin=8, warning_lamp_pin=9, hand_pin=10, beam_pin=11, smoke_pin=12, open_button_pin=13)
STATION = Station(
    wiring=StationWiring(presence_pin=16, smoke_pin=17, yes_pin=18, no_pin=19, loud_pin=20, button_pressed="low")
)
PAPER = Bin("recyclable", lid=MOTOR, wiring=WIRING)
FOOD = Bin("kitchen", lid=ServoLid("servo", pin=21, closed_us=900, open_us=2100), wiring=BinWiring(hand_pin=22))


class Pins:
    """A mock factory, whose reads can be made to fail."""

    def __init__(self) -> None:
        self.factory: Any = MockFactory(pin_class=MockPWMPin)

    def make(self) -> tuple[Any, tuple[type[Exception], ...]]:
        return self.factory, (RuntimeError,)

    def low(self, *numbers: int) -> None:
        for number in numbers:
            self.factory.pin(number).drive_low()

    def levels(self, *numbers: int) -> tuple[float, ...]:
        return tuple(self.factory.pin(number).state for number in numbers)

    def break_reads(self, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        def fail(_pin: Any) -> float:
            raise RuntimeError("the chip is gone")

        monkeypatch.setattr(type(self.factory.pin(number)), "_get_state", fail)


@pytest.fixture
def pins() -> Iterator[Pins]:
    pins = Pins()
    yield pins
    pins.factory.reset()


@pytest.fixture
def station(pins: Pins) -> Iterator[GpioStationPort]:
    station = GpioStationPort(STATION, {"paper": PAPER, "food": FOOD}, pins.make)
    station.open()
    yield station
    station.close()


def all_well(pins: Pins) -> None:
    """Nothing strains, nobody is there, and the paper bin is closed."""
    pins.low(6, 10, 11, 12, 16, 17, 22, 5)


def run(station: GpioStationPort, begin_s: float, seconds: float) -> StationInputs:
    for step in range(round(seconds / 0.02)):
        inputs = station.sample(begin_s + step * 0.02)
    return inputs


def test_what_cut_wires_read_as(station: GpioStationPort) -> None:
    inputs = station.sample(0.0)  # nothing drives the lines
    assert (inputs.near, inputs.smoke, inputs.pressed) == (False, True, frozenset())
    assert inputs.bins["paper"] == BinInputs(
        lid=LidPosition.MOVING, hand=True, beam_broken=True, smoke=True, open_pressed=False
    )
    assert inputs.bins["food"] == BinInputs(lid=None, hand=True)


def test_levels(station: GpioStationPort, pins: Pins) -> None:
    all_well(pins)
    pins.low(13, 18, 20)
    pins.factory.pin(16).drive_high()
    inputs = station.sample(0.0)
    assert (inputs.near, inputs.smoke, inputs.pressed) == (True, False, {Button.YES, Button.LOUD})
    assert inputs.bins["paper"] == BinInputs(
        lid=LidPosition.CLOSED, hand=False, beam_broken=False, smoke=False, open_pressed=True
    )


def test_the_other_polarity(pins: Pins) -> None:
    lid = replace(MOTOR, stop_reached="high", strained="low")
    wiring = replace(WIRING, hand_level="low", beam_broken="low", smoke_level="low", button_pressed="high")
    station = GpioStationPort(STATION, {"paper": replace(PAPER, lid=lid, wiring=wiring)}, pins.make)
    station.open()
    cut = station.sample(0.0).bins["paper"]
    assert (cut.hand, cut.beam_broken, cut.smoke, cut.open_pressed) == (True, True, True, False)
    for number in (5, 10, 11, 12, 13):
        pins.factory.pin(number).drive_high()
    said = station.sample(0.02).bins["paper"]
    assert said == BinInputs(LidPosition.CLOSED, hand=False, beam_broken=False, smoke=False, open_pressed=True)
    station.close()


def test_the_lid_moves_in_the_sampling_loop_alone(station: GpioStationPort, pins: Pins) -> None:
    all_well(pins)
    run(station, 0.0, 1.0)
    station.move_lid("paper", open=True)
    assert pins.levels(23, 24) == (0, 0)
    station.sample(1.0)
    assert pins.levels(23, 24) == (1, 0)
    pins.factory.pin(5).drive_high()
    pins.low(4)
    assert run(station, 1.02, 0.3).bins["paper"].lid is LidPosition.OPEN
    assert pins.levels(23, 24) == (0, 0)
    station.move_lid("paper", open=False)
    station.sample(1.4)
    pins.factory.pin(4).drive_high()
    assert pins.levels(23, 24) == (0, 1)
    pins.factory.pin(10).drive_high()  # a hand
    assert station.sample(1.42).bins["paper"].lid is LidPosition.BLOCKED
    assert pins.levels(23, 24) == (0, 0)
    run(station, 1.44, 0.2)
    assert pins.levels(23, 24) == (1, 0)


def test_the_pulses_of_a_servo_are_as_wide_as_configured(station: GpioStationPort, pins: Pins) -> None:
    all_well(pins)
    run(station, 0.0, 1.0)
    pin = pins.factory.pin(21)
    assert (pin.frequency, pin.state) == (None, 0)
    for now_s, open_, width_us in ((1.0, True, 2100), (4.0, False, 900)):
        station.move_lid("food", open=open_)
        station.sample(now_s)
        assert pin.state / pin.frequency * 1e6 == pytest.approx(width_us)
        assert 40 <= pin.frequency <= 67  # what an analogue servo takes
        assert int(pin.state * 100) == pytest.approx(pin.state * 100)  # lgpio gets whole percents
        run(station, now_s + 0.02, 2.5)
    assert (pin.frequency, pin.state) == (None, 0)


@pytest.mark.parametrize("width_us", range(400, 2601, 50))
def test_every_width_is_a_whole_percent_of_a_period_that_a_servo_takes(pins: Pins, width_us: int) -> None:
    lid = ServoLid("servo", pin=21, closed_us=400 if width_us > 1500 else 2600, open_us=width_us)
    station = GpioStationPort(STATION, {"food": replace(FOOD, lid=lid)}, pins.make)
    station.open()
    station.move_lid("food", open=True)
    station.sample(0.0)
    pin = pins.factory.pin(21)
    assert int(pin.state * 100) / 100 / pin.frequency * 1e6 == pytest.approx(width_us)
    assert 40 <= pin.frequency <= 67
    station.close()


def test_lamps(station: GpioStationPort, pins: Pins) -> None:
    all_well(pins)
    shown = {}
    for lamp in BinLamp:
        station.light("paper", lamp)
        seen = set()
        for step in range(50):
            station.sample(10.0 + step * 0.02)
            seen.add(pins.levels(8, 9))
        shown[lamp] = seen
    assert shown == {
        BinLamp.OFF: {(0, 0)},
        BinLamp.GUIDE: {(1, 0)},
        BinLamp.WRONG: {(0, 1), (0, 0)},
        BinLamp.FULL: {(0, 1)},
        BinLamp.FIRE: {(1, 1), (0, 0)},
    }


def test_after_closing_motors_are_off_and_servos_free(pins: Pins) -> None:
    station = GpioStationPort(STATION, {"paper": PAPER, "food": FOOD}, pins.make)
    station.open()
    all_well(pins)
    run(station, 0.0, 1.0)
    station.open_all()
    station.sample(1.0)
    motor, servo = pins.factory.pin(23), pins.factory.pin(21)
    assert (motor.state, servo.frequency is not None) == (1, True)
    station.close()
    assert [state.state for state in motor.states][-2:] == [1, 0]
    assert (servo.frequency, servo.state) == (None, 0)
    station.close()  # closing again is no error
    with pytest.raises(HardwareError, match="not open"):
        station.sample(1.1)
    with pytest.raises(HardwareError, match="not open"):
        station.move_lid("paper", open=True)


def test_pins_that_fail_stop_the_motor_and_are_told_until_they_work(
    station: GpioStationPort, pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_well(pins)
    run(station, 0.0, 1.0)
    station.move_lid("paper", open=True)
    station.sample(1.0)
    pins.break_reads(monkeypatch, 10)
    with pytest.raises(HardwareError, match="chip is gone"):
        station.sample(1.02)
    monkeypatch.undo()
    assert pins.levels(23, 24) == (0, 0)
    with pytest.raises(HardwareError, match="lid of paper cannot be driven"):
        station.move_lid("paper", open=True)
    station.sample(1.04)
    assert pins.levels(23, 24) == (1, 0)
    station.move_lid("paper", open=True)


def test_a_bin_that_is_not_there(station: GpioStationPort) -> None:
    with pytest.raises(HardwareError, match="no bin 'glass'"):
        station.move_lid("glass", open=True)
    with pytest.raises(HardwareError, match="no bin 'glass'"):
        station.light("glass", BinLamp.GUIDE)


def test_a_bin_without_a_lid_or_any_wire(pins: Pins) -> None:
    station = GpioStationPort(Station(), {"open": Bin("other")}, pins.make)
    station.open()
    station.move_lid("open", open=False)
    station.light("open", BinLamp.FIRE)
    assert station.sample(0.0) == StationInputs(bins={"open": BinInputs()})
    station.close()


def test_a_pin_used_twice_is_a_clear_error_and_leaves_nothing_on(pins: Pins) -> None:
    station = GpioStationPort(STATION, {"one": PAPER, "two": PAPER}, pins.make)
    with pytest.raises(HardwareError, match="cannot be reached"):
        station.open()
    station.close()
    assert pins.levels(23, 24) == (0, 0)


def test_a_sample_that_hangs_blocks_nobody_for_ever(
    station: GpioStationPort, pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_well(pins)
    run(station, 0.0, 1.0)
    station.move_lid("paper", open=True)
    station.sample(1.0)
    go_on, inside = threading.Event(), threading.Event()
    pin = pins.factory.pin(10)
    real = type(pin)._get_state

    def hang(one: Any) -> float:
        if one is pin and threading.current_thread() is hanging:
            inside.set()
            go_on.wait(10.0)
        return float(real(one))

    monkeypatch.setattr(type(pin), "_get_state", hang)
    ended: list[str] = []

    def sample() -> None:
        try:
            station.sample(1.02)
        except HardwareError as error:
            ended.append(error.message)

    hanging = threading.Thread(target=sample)
    hanging.start()
    assert inside.wait(10.0)
    with pytest.raises(HardwareError, match="hangs"):
        station.move_lid("paper", open=True)
    station.close()
    assert pins.levels(23, 24) == (0, 0)
    go_on.set()
    hanging.join(10.0)
    assert ended  # it wakes among closed pins, and drives nothing
    assert pins.levels(23, 24) == (0, 0)


def test_a_thermometer_is_named_by_its_file(pins: Pins, tmp_path: Path) -> None:
    wiring = BinWiring(temperature_path=str(tmp_path / "temperature"))
    station = GpioStationPort(Station(), {"hot": Bin("other", wiring=wiring)}, pins.make)
    station.open()
    assert station.sample(0.0).bins["hot"] == BinInputs()  # nothing known yet, and that is no fault yet
    station.close()
