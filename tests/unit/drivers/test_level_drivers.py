"""The level sensors' drivers at real pseudo-terminals, with simulated instruments at the far end."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from line_bench import Bench

from edge.bin_events import Reading
from edge.config.sensors import ModbusSensor, ScaleSensor, UltrasonicSensor
from edge.drivers.level import LevelSensor
from edge.drivers.level.bus import shared_bus
from edge.drivers.level.instruments import Fault, SimulatedGauge, SimulatedRanger, SimulatedScale
from edge.drivers.level.modbus import REMEMBER_S, ModbusGauge
from edge.drivers.level.pseudo_terminal import PseudoTerminal
from edge.drivers.level.scale import Scale
from edge.drivers.level.ultrasonic import UltrasonicRanger
from edge.errors import HardwareError

READ_S = 0.25
TRIES = 40
"""Of READ_S each; one is enough on a machine that is not busy."""


def answer_of(sensor: LevelSensor) -> Reading:
    """The next reading; fails when none comes in TRIES."""
    for _ in range(TRIES):
        reading = sensor.read(READ_S)
        if reading is not None:
            return reading
    pytest.fail("the sensor does not answer")


def answer_until(sensor: LevelSensor, good: Callable[[Reading], bool]) -> Reading:
    for _ in range(TRIES):
        reading = answer_of(sensor)
        if good(reading):
            return reading
    pytest.fail("the awaited reading does not come")


def steady(value: float) -> Callable[[float], float]:
    return lambda _mono_s: value


# --- ultrasonic rangers

KINDS: list[dict[str, Any]] = [
    {"frame": "checksum", "request": False},
    {"frame": "checksum", "request": True},
    {"frame": "two-byte", "request": True},
    {"frame": "checksum", "request": False, "unit": "cm", "least_mm": 200.0, "most_mm": 6000.0, "baud": 115200},
]


def ranger(bench: Bench, kind: dict[str, Any], distance_mm: float = 1230.0) -> tuple[SimulatedRanger, PseudoTerminal]:
    unit_mm = 10.0 if kind.get("unit") == "cm" else 1.0
    module = SimulatedRanger(
        steady(distance_mm), two_byte=kind["frame"] == "two-byte", asked=kind["request"], unit_mm=unit_mm
    )
    return module, bench.line(module)


@pytest.mark.parametrize("kind", KINDS)
def test_a_ranger_is_read_and_says_when_it_has_no_echo(bench: Bench, kind: dict[str, Any]) -> None:
    module, line = ranger(bench, kind)
    driver = bench.opened(UltrasonicRanger(UltrasonicSensor("ultrasonic", line.path, **kind)))
    assert [answer_of(driver) for _ in range(3)] == [Reading(distance_mm=1230.0)] * 3
    module.fault = Fault.NO_ECHO
    assert answer_until(driver, lambda reading: reading.distance_mm is None) == Reading()
    module.fault = Fault.NONE
    answer_until(driver, lambda reading: reading.distance_mm == 1230.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_ranger_is_no_answer(bench: Bench, kind: dict[str, Any]) -> None:
    module, line = ranger(bench, kind)
    module.fault = Fault.SILENT
    driver = bench.opened(UltrasonicRanger(UltrasonicSensor("ultrasonic", line.path, **kind)))
    assert driver.read(0.1) is None


@pytest.mark.parametrize("kind", KINDS[:2])
def test_garbage_costs_frames_and_never_gives_a_wrong_one(bench: Bench, kind: dict[str, Any]) -> None:
    module, line = ranger(bench, kind)
    module.fault = Fault.GARBAGE
    driver = bench.opened(UltrasonicRanger(UltrasonicSensor("ultrasonic", line.path, **kind)))
    assert {answer_of(driver).distance_mm for _ in range(3)} == {1230.0}


def test_garbage_about_two_bytes_is_no_answer(bench: Bench) -> None:
    module, line = ranger(bench, KINDS[2])
    module.fault = Fault.GARBAGE
    driver = bench.opened(UltrasonicRanger(UltrasonicSensor("ultrasonic", line.path, **KINDS[2])))
    assert driver.read(0.3) is None
    module.fault = Fault.NONE
    assert answer_of(driver) == Reading(distance_mm=1230.0)


def test_what_came_since_the_last_reading_is_not_handed_out(bench: Bench) -> None:
    distance_mm = [500.0]
    line = bench.line(SimulatedRanger(lambda _mono_s: distance_mm[0], asked=True))
    driver = bench.opened(UltrasonicRanger(UltrasonicSensor("ultrasonic", line.path, request=True)))
    assert answer_of(driver).distance_mm == 500.0
    line._say(b"\xff\x01\xf4\xf4")
    witness = os.open(line.path, os.O_RDONLY | os.O_NOCTTY)
    assert select.select([witness], [], [], 10.0)[0]  # 500 mm has arrived
    os.close(witness)
    distance_mm[0] = 900.0
    assert answer_of(driver).distance_mm == 900.0


class Stutter(SimulatedRanger):
    """Its first answer is the last byte of a frame, FF; the others are 511 mm, which is FF 01 FF FF."""

    def hear(self, data: bytes, mono_s: float) -> bytes:
        first, self._first = getattr(self, "_first", True), False
        return b"\xff" if first else super().hear(data, mono_s)


def test_a_driver_that_begins_in_the_middle_of_a_frame_finds_the_next(bench: Bench) -> None:
    line = bench.line(Stutter(steady(511.0), asked=True))
    driver = bench.opened(UltrasonicRanger(UltrasonicSensor("ultrasonic", line.path, request=True)))
    assert answer_of(driver) == Reading(distance_mm=511.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pulled_plug_is_an_error_and_another_plug_works(bench: Bench, kind: dict[str, Any], tmp_path: Path) -> None:
    port = tmp_path / "port"
    _, line = ranger(bench, kind)
    port.symlink_to(line.path)
    driver = UltrasonicRanger(UltrasonicSensor("ultrasonic", port, **kind))
    bench.opened(driver)
    answer_of(driver)
    line.unplug()
    with pytest.raises(HardwareError, match=r"cannot be (read|written to)"):
        driver.read(READ_S)
    driver.close()
    _, again = ranger(bench, kind, 800.0)
    port.unlink()
    port.symlink_to(again.path)
    driver.open()
    assert answer_of(driver) == Reading(distance_mm=800.0)


def test_a_port_has_one_reader(bench: Bench) -> None:
    _, line = ranger(bench, KINDS[0])
    settings = UltrasonicSensor("ultrasonic", line.path)
    bench.opened(UltrasonicRanger(settings))
    with pytest.raises(HardwareError, match="another sensor of this file"):
        UltrasonicRanger(settings).open()


@pytest.mark.parametrize(("name", "hint"), [("ttyAMA9", "ls /dev/serial"), ("notes.txt", "no serial port")])
def test_what_is_no_port_is_a_clear_error(tmp_path: Path, name: str, hint: str) -> None:
    (tmp_path / "notes.txt").touch()
    path = tmp_path / name
    driver = UltrasonicRanger(UltrasonicSensor("ultrasonic", path))
    with pytest.raises(HardwareError, match="cannot be opened") as caught:
        driver.open()
    assert hint in caught.value.hint
    driver.close()
    with pytest.raises(HardwareError, match="not open"):
        driver.read(0.0)


# --- scales


@pytest.mark.parametrize("load_g", [12_345.0, 0.0, -20.0])
def test_a_scale_is_read_below_zero_too(bench: Bench, load_g: float) -> None:
    line = bench.line(SimulatedScale(steady(load_g)))
    driver = bench.opened(Scale(ScaleSensor("scale", line.path)))
    assert answer_of(driver).load_g == pytest.approx(load_g)


def test_a_swaying_load_overload_and_what_no_such_scale_bears_have_no_value(bench: Bench) -> None:
    load_g = [5_000.0]
    scale = SimulatedScale(lambda _mono_s: load_g[0], most_g=300_000.0)
    line = bench.line(scale)
    driver = bench.opened(Scale(ScaleSensor("scale", line.path, most_g=100_000.0)))
    assert answer_of(driver).load_g == 5_000.0
    scale.sways = True
    assert answer_until(driver, lambda reading: reading.load_g is None) == Reading()
    scale.sways = False
    for load_g[0] in (150_000.0, 400_000.0):  # beyond what is configured, beyond what the scale bears
        assert answer_until(driver, lambda reading: reading.load_g is None) == Reading()
    load_g[0] = 6_000.0
    answer_until(driver, lambda reading: reading.load_g == 6_000.0)


def test_a_scale_amid_garbage_says_nothing_wrong(bench: Bench) -> None:
    scale = SimulatedScale(steady(5_000.0))
    line = bench.line(scale)
    driver = bench.opened(Scale(ScaleSensor("scale", line.path)))
    scale.fault = Fault.GARBAGE
    assert {reading for _ in range(4) if (reading := driver.read(READ_S)) is not None} <= {Reading(load_g=5_000.0)}
    scale.fault = Fault.NONE
    assert answer_until(driver, lambda reading: reading.load_g is not None).load_g == 5_000.0


def test_an_unplugged_scale_is_an_error(bench: Bench) -> None:
    line = bench.line(SimulatedScale(steady(1.0)))
    driver = bench.opened(Scale(ScaleSensor("scale", line.path)))
    line.unplug()
    with pytest.raises(HardwareError, match="check plug"):
        driver.read(READ_S)


# --- Modbus gauges


def gauge_settings(port: Path, **changes: Any) -> ModbusSensor:
    return ModbusSensor("modbus", port, **{"unit_id": 7, "register": 0x0101, "scale_mm": 0.1, **changes})


@pytest.mark.parametrize("table", ["holding", "input"])
def test_a_gauge_is_read_with_its_temperature(bench: Bench, table: str) -> None:
    gauge = SimulatedGauge({0x0101: lambda _: 12_340, 0x0102: lambda _: 0x10000 - 52}, unit_id=7)
    line = bench.line(gauge)
    driver = bench.opened(ModbusGauge(gauge_settings(line.path, table=table, temperature_register=0x0102)))
    reading = answer_until(driver, lambda reading: reading.temperature_c is not None)
    assert reading.distance_mm == pytest.approx(1234.0)
    assert reading.temperature_c == pytest.approx(-5.2)
    gauge.fault = Fault.NO_ECHO
    assert answer_of(driver).distance_mm is None


def test_a_gauge_that_does_not_compensate_is_compensated(bench: Bench) -> None:
    line = bench.line(SimulatedGauge({0x0101: lambda _: 10_000, 0x0102: lambda _: 20}, unit_id=7))
    settings = gauge_settings(line.path, temperature_register=0x0102, compensate=True)
    driver = bench.opened(ModbusGauge(settings))
    reading = answer_until(driver, lambda reading: reading.temperature_c is not None)
    assert reading.distance_mm == pytest.approx(968.8, abs=0.1)
    assert reading.temperature_c == 2.0


def test_a_temperature_that_no_air_has_is_left_out(bench: Bench) -> None:
    line = bench.line(SimulatedGauge({0x0101: lambda _: 10_000, 0x0102: lambda _: 0x7FFF}, unit_id=7))
    settings = gauge_settings(line.path, temperature_register=0x0102, compensate=True)
    assert answer_of(bench.opened(ModbusGauge(settings))) == Reading(distance_mm=1000.0)


def test_while_the_temperature_cannot_be_had_the_last_one_is_taken(bench: Bench) -> None:
    celsius = [0.0]
    gauge = SimulatedGauge({0x0101: lambda _: 10_000, 0x0102: lambda _: round(celsius[0] * 10)}, unit_id=7)
    line = bench.line(gauge)
    settings = gauge_settings(line.path, temperature_register=0x0102, compensate=True)
    now_s = [0.0]
    driver = bench.opened(ModbusGauge(settings, lambda: now_s[0] + time.monotonic()))
    cold = answer_until(driver, lambda reading: reading.temperature_c is not None)
    celsius[0] = 3000.0  # what no air has
    assert answer_of(driver) == cold
    now_s[0] = REMEMBER_S
    assert answer_of(driver) == Reading(distance_mm=1000.0)


def test_those_who_wait_for_a_line_get_it_in_their_order(bench: Bench) -> None:
    line = bench.line(SimulatedGauge({}, unit_id=7))
    bus = shared_bus(line.path, 9600, "8N1")
    order: list[str] = []

    def take(name: str) -> None:
        with bus.turn():
            order.append(name)

    with bus.turn():
        threads = [threading.Thread(target=take, args=(name,)) for name in "abc"]
        for number, thread in enumerate(threads, start=1):
            thread.start()
            while len(bus._queue) <= number:  # until it stands in the queue
                thread.join(0.001)
    take("d")
    for thread in threads:
        thread.join(10.0)
    assert order == ["a", "b", "c", "d"]


def test_a_register_that_the_gauge_does_not_have_is_a_clear_error(bench: Bench) -> None:
    line = bench.line(SimulatedGauge({0: lambda _: 1}, unit_id=7))
    driver = bench.opened(ModbusGauge(gauge_settings(line.path)))
    with pytest.raises(HardwareError, match="refuses the register"):
        answer_of(driver)


def test_a_silent_gauge_another_unit_and_damaged_answers_are_no_answers(bench: Bench) -> None:
    gauge = SimulatedGauge({0x0101: lambda _: 12_340}, unit_id=7)
    line = bench.line(gauge)
    driver = bench.opened(ModbusGauge(gauge_settings(line.path)))
    gauge.fault = Fault.SILENT
    assert driver.read(0.1) is None
    gauge.fault = Fault.GARBAGE
    assert {reading.distance_mm for _ in range(6) if (reading := driver.read(0.1)) is not None} <= {1234.0}
    gauge.fault = Fault.NONE
    assert answer_of(driver) == Reading(distance_mm=1234.0)
    stranger = bench.opened(ModbusGauge(gauge_settings(line.path, unit_id=8)))
    assert stranger.read(0.1) is None


def test_gauges_on_one_line_take_turns_and_outlive_its_plug(bench: Bench, tmp_path: Path) -> None:
    port = tmp_path / "rs485"
    line = bench.line(SimulatedGauge({0x0101: lambda _: 5_000, 0x0109: lambda _: 9_000}, unit_id=7))
    port.symlink_to(line.path)
    near, far = (ModbusGauge(gauge_settings(port, register=register)) for register in (0x0101, 0x0109))
    for gauge in (near, far):
        bench.opened(gauge)
    assert [answer_of(gauge).distance_mm for gauge in (near, far, near)] == [500.0, 900.0, 500.0]
    near.close()
    assert answer_of(far).distance_mm == 900.0  # one that leaves does not hang up for the others
    near.open()
    line.unplug()
    again = bench.line(SimulatedGauge({0x0101: lambda _: 5_100, 0x0109: lambda _: 9_100}, unit_id=7))
    port.unlink()
    port.symlink_to(again.path)
    with pytest.raises(HardwareError, match="cannot be"):
        near.read(READ_S)
    near.close()
    near.open()  # while the other has not noticed anything
    assert answer_of(near).distance_mm == 510.0
    assert answer_of(far).distance_mm == 910.0


def test_a_gauge_that_is_not_open_says_so(tmp_path: Path) -> None:
    gauge = ModbusGauge(gauge_settings(tmp_path / "absent"))
    with pytest.raises(HardwareError, match="not open"):
        gauge.read(0.0)
    with pytest.raises(HardwareError, match="cannot be opened"):
        gauge.open()
    gauge.close()
