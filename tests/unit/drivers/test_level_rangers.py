"""The rangers that hang on pins: the laser with a library that fails like the real one, the pulse on mock pins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockTriggerPin

from edge.bin_events import Reading
from edge.config.sensors import LaserSensor, PulseSensor
from edge.drivers.level.laser import LaserRanger, libraries
from edge.drivers.level.pulse import PulseRanger
from edge.errors import HardwareError


class I2c:
    """smbus2 and VL53L1X over a chip that may be unplugged: then the bus fails, and the library goes on as before."""

    def __init__(self, identity: bytes = bytes((0xEA, 0xCC, 0x10))) -> None:
        self.identity, self.plugged = identity, True
        self.distance, self.status, self.mode, self.closed = 1234, 0, 0, 0
        self.fails_while_measuring = False
        self.i2c_msg = self

    # smbus2

    def SMBus(self, bus: int) -> I2c:  # noqa: N802 - as the library calls it
        if bus != 1:
            raise FileNotFoundError(2, "No such file or directory", f"/dev/i2c-{bus}")
        return self

    def write(self, address: int, data: Sequence[int]) -> tuple[int, bytes]:
        return address, bytes(data)

    def read(self, address: int, length: int) -> bytearray:  # noqa: ARG002 - one chip at every address
        return bytearray(length)

    def i2c_rdwr(self, write: tuple[int, bytes], read: bytearray) -> None:
        assert write == (0x29, b"\x01\x0f")
        if not self.plugged:
            raise OSError(121, "Remote I/O error")
        read[:] = self.identity

    def close(self) -> None:
        self.closed += 1

    # VL53L1X

    def VL53L1X(self, i2c_bus: int, i2c_address: int) -> I2c:  # noqa: N802 - as the library calls it
        assert (i2c_bus, i2c_address) == (1, 0x29)
        return self

    def open(self) -> None: ...

    def start_ranging(self, mode: int) -> None:
        self.mode = mode

    def stop_ranging(self) -> None:
        self.mode = 0

    def get_distance(self) -> int:
        self.plugged = self.plugged and not self.fails_while_measuring
        return self.distance

    def get_status(self) -> int:
        return self.status


def laser(i2c: I2c, bus: int = 1) -> LaserRanger:
    return LaserRanger(LaserSensor("vl53l1x", bus=bus), lambda: (i2c, i2c))


def test_the_laser_measures_and_says_when_it_cannot() -> None:
    i2c = I2c()
    ranger = laser(i2c)
    ranger.open()
    assert i2c.mode == 2
    assert ranger.read(0.25) == Reading(distance_mm=1234.0)
    for i2c.distance in (-1, 0, 39):
        assert ranger.read(0.25) == Reading()
    i2c.status = -7  # the library's time-out
    assert ranger.read(0.25) is None
    ranger.close()
    assert (i2c.mode, i2c.closed) == (0, 2)


def test_a_laser_that_was_unplugged_does_not_repeat_itself() -> None:
    i2c = I2c()
    ranger = laser(i2c)
    ranger.open()
    i2c.plugged = False
    with pytest.raises(HardwareError, match="gone"):
        ranger.read(0.25)
    ranger.close()
    with pytest.raises(HardwareError, match="not open"):
        ranger.read(0.25)
    with pytest.raises(HardwareError, match="gone"):
        ranger.open()
    i2c.plugged = True
    ranger.open()
    i2c.fails_while_measuring = True
    with pytest.raises(HardwareError, match="gone"):
        ranger.read(0.25)
    i2c.plugged, i2c.fails_while_measuring = True, False
    assert ranger.read(0.25) == Reading(distance_mm=1234.0)


def test_another_chip_and_another_bus_are_clear_errors() -> None:
    with pytest.raises(HardwareError, match="no VL53L1X"):
        laser(I2c(bytes((0xEE, 0xAA, 0x10)))).open()
    with pytest.raises(HardwareError, match="on bus 3"):
        laser(I2c(), bus=3).open()


def test_without_the_library_the_hint_says_what_to_install() -> None:
    try:
        import VL53L1X  # noqa: F401
    except ImportError:
        with pytest.raises(HardwareError, match=r"edge\[pi\]"):
            libraries()
    else:
        pytest.skip("VL53L1X is installed here")


TRIGGER, ECHO = 23, 24
SETTINGS = PulseSensor("pulse", trigger_pin=TRIGGER, echo_pin=ECHO, most_mm=4000.0)


class Pins:
    """gpiozero's mock pins, where each ping on the trigger is echoed after `echo_s`."""

    def __init__(self, echo_s: float) -> None:
        self.factory: Any = MockFactory()
        self.echo = self.factory.pin(ECHO)
        self.trigger = self.factory.pin(TRIGGER, pin_class=MockTriggerPin, echo_pin=self.echo, echo_time=echo_s)

    def make(self) -> tuple[Any, tuple[type[Exception], ...]]:
        return self.factory, ()


def answer_of(ranger: PulseRanger) -> Reading:
    """The next reading; fails when none comes in ten seconds."""
    for _ in range(40):
        reading = ranger.read(0.25)
        if reading is not None:
            return reading
    pytest.fail("the ranger does not answer")


def test_a_pulse_ranger_measures_each_ping() -> None:
    pins = Pins(echo_s=0.005)
    ranger = PulseRanger(SETTINGS, pins.make)
    ranger.open()
    distance_mm = answer_of(ranger).distance_mm
    ranger.close()
    # A sleep of 5 ms is never shorter; on a busy machine it may be longer than the range.
    assert distance_mm is None or distance_mm >= 850.0
    with pytest.raises(HardwareError, match="not open"):
        ranger.read(0.0)


def test_an_echo_from_beyond_the_range_is_none() -> None:
    pins = Pins(echo_s=0.03)
    ranger = PulseRanger(SETTINGS, pins.make)
    ranger.open()
    assert answer_of(ranger) == Reading()
    ranger.close()


def test_an_echo_line_that_never_moves_is_no_answer() -> None:
    factory = MockFactory()
    ranger = PulseRanger(SETTINGS, lambda: (factory, ()))
    ranger.open()
    assert ranger.read(0.25) is None
    ranger.close()


def test_pins_that_are_taken_are_a_clear_error() -> None:
    factory = MockFactory()
    ranger = PulseRanger(PulseSensor("pulse", trigger_pin=TRIGGER, echo_pin=TRIGGER), lambda: (factory, ()))
    with pytest.raises(HardwareError, match="cannot be claimed"):
        ranger.open()
