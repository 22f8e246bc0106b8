"""The worker of a level sensor, and the simulated sensor that it may read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.bin_events import LevelRead, Reading
from edge.config import sensors
from edge.config.sensors import SimulatedSensor
from edge.drivers.level import LevelSensor
from edge.drivers.level.instruments import Fault
from edge.drivers.level.simulated import SimulatedLevelSensor
from edge.drivers.level.trace import load_trace
from edge.drivers.level.worker import SILENT_S, LevelWorker
from edge.errors import DataError, HardwareError
from edge.events import ComponentFailed, ComponentRecovered, Event
from edge.parts.level import make_level_sensor
from edge.runtime.faults import FaultDesk

Answer = Reading | Exception | None
HIGH, LOW = Reading(distance_mm=900.0), Reading(distance_mm=200.0)


class Script(LevelSensor):
    """A sensor that answers each read as the test says."""

    def __init__(self, answers: list[Answer], opens: Exception | None = None, closes: Exception | None = None) -> None:
        self.answers, self.opens, self.closes, self.closed = answers, opens, closes, False

    def open(self) -> None:
        if self.opens:
            raise self.opens

    def read(self, timeout_s: float) -> Reading | None:
        assert timeout_s <= 0.25
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True
        if self.closes:
            raise self.closes


class Rig:
    def __init__(self, *given: LevelSensor, period_s: float = 1.0) -> None:
        self.now, self.full = 100.0, False
        self.posted: list[Event] = []
        self.read: list[Reading | None] = []
        queue = list(given)
        make: Callable[[], LevelSensor] = lambda: queue.pop(0)  # noqa: E731
        desk = FaultDesk(self.post, lambda: self.now)
        self.worker = LevelWorker("kitchen", "top", make, self.hear, desk, period_s, lambda: self.now)

    def post(self, event: Event) -> bool:
        self.posted.append(event)
        return True

    def hear(self, event: LevelRead) -> bool:
        assert (event.bin, event.sensor) == ("kitchen", "top")
        if not self.full:
            self.read.append(event.reading)
        return not self.full

    def step(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.worker.step()


def test_one_reading_a_period() -> None:
    rig = Rig(Script([HIGH, LOW]), period_s=30.0)
    rig.worker.start()
    rig.step()
    rig.step()
    assert rig.read == [HIGH]
    rig.worker.wake()  # so that waiting for the period costs no time here
    rig.step(1.0)
    assert rig.read == [HIGH]
    rig.worker.stop()


def test_without_an_answer_it_asks_on_and_then_tells_once_that_the_sensor_is_absent() -> None:
    silent, good = Script([HIGH, None, None, None]), Script([LOW, HIGH])
    rig = Rig(silent, good)
    rig.step()
    rig.step()
    rig.step(2.0)
    rig.step(SILENT_S / 2)
    assert rig.read == [HIGH]
    rig.step(SILENT_S)
    assert rig.read == [HIGH, None]
    assert silent.closed
    failed = rig.posted[0]
    assert isinstance(failed, ComponentFailed)
    assert (failed.component, failed.what) == ("level.kitchen.top", "no readings")
    assert "no answer for 3 s" in failed.detail
    rig.step(60.0)
    rig.step()
    assert rig.read == [HIGH, None, LOW]
    assert [type(event) for event in rig.posted] == [ComponentFailed, ComponentRecovered]
    assert rig.worker.status()["working"]


def test_a_missing_sensor_is_tried_for_ever_and_told_once() -> None:
    gone = [Script([], HardwareError("no port"), OSError("nor that")) for _ in range(20)]
    rig = Rig(*gone, Script([], DataError("a bad trace")), Script([LOW]))
    for _ in range(23):
        rig.step(60.0)
    assert rig.read == [None, LOW]
    assert [type(event) for event in rig.posted] == [ComponentFailed, ComponentRecovered]


def test_that_it_is_absent_is_offered_until_it_is_heard_and_a_reading_is_not() -> None:
    rig = Rig(Script([HIGH, HardwareError("gone")]), Script([], HardwareError("still gone")), Script([LOW]))
    rig.full = True
    rig.step()
    rig.step()
    rig.step(2.0)
    assert rig.worker.dropped == 1
    rig.step(60.0)
    assert rig.read == []
    rig.full = False
    rig.step(60.0)
    assert rig.read == [None]
    rig.step()
    assert rig.read == [None, LOW]


def test_that_it_was_absent_is_not_told_when_it_answers_again() -> None:
    rig = Rig(Script([HIGH, HardwareError("gone")]), Script([LOW, HIGH]))
    rig.step()
    rig.full = True
    for seconds in (0.0, 2.0, 60.0, 0.0):  # opened, read, lost, opened and read again
        rig.step(seconds)
    rig.step()
    assert rig.worker.status()["working"]
    rig.full = False
    rig.step(60.0)
    assert rig.read == [HIGH]


def test_an_abandoned_run_says_no_more() -> None:
    rig = Rig(Script([HIGH, HardwareError("gone")]))
    rig.step()
    rig.worker.wake()
    rig.step()
    rig.step()
    assert (rig.read, rig.posted) == ([], [])


def test_the_status() -> None:
    rig = Rig(Script([HIGH, Reading(), HardwareError("gone")]))
    assert rig.worker.status() == {
        "working": False,
        "value": False,
        "figures": {"readings": 0, "without_value": 0, "dropped": 0},
    }
    rig.step()
    rig.step()
    assert rig.worker.status()["value"]
    rig.step(2.0)
    status = rig.worker.status()
    assert (status["working"], status["value"], status["figures"]["without_value"]) == (True, False, 1)
    rig.step(2.0)
    assert not rig.worker.status()["working"]


# --- the simulated sensor, read by the worker

TRIES = 400


class Moments:
    """A clock that the test sets, for the line; the driver's own runs on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def reads(worker: LevelWorker, read: list[LevelRead], good: Callable[[Reading | None], bool]) -> Reading | None:
    """Step until the worker has posted what is awaited."""
    begun = len(read)
    for _ in range(TRIES):
        worker.step()
        for event in read[begun:]:
            if good(event.reading):
                return event.reading
    pytest.fail("the awaited reading does not come")


@pytest.mark.parametrize(("frame", "asked"), [("checksum", False), ("checksum", True), ("two-byte", True)])
def test_a_simulated_bin_is_lost_and_found_again(frame: str, asked: bool) -> None:
    made: list[SimulatedLevelSensor] = []
    read: list[LevelRead] = []
    settings = SimulatedSensor("simulated", frame=frame, request=asked, fills_in_s=1e6)  # type: ignore[arg-type]

    def make() -> SimulatedLevelSensor:
        made.append(SimulatedLevelSensor(settings))
        return made[-1]

    def post(event: LevelRead) -> bool:
        read.append(event)
        return True

    posted: list[Event] = []
    desk = FaultDesk(lambda event: posted.append(event) is None)
    worker = LevelWorker("other", "top", make, post, desk, 0.1)
    reading = reads(worker, read, lambda reading: reading is not None)
    assert reading is not None
    assert reading.distance_mm == pytest.approx(1000.0, abs=20.0)
    made[0].unplug()
    reads(worker, read, lambda reading: reading is None)
    reads(worker, read, lambda reading: reading is not None)
    assert [type(event) for event in posted] == [ComponentFailed, ComponentRecovered]
    assert len(made) == 2
    assert made[1].ranger is not None
    made[1].ranger.fault = Fault.NO_ECHO
    assert reads(worker, read, lambda reading: reading == Reading()) == Reading()
    worker.stop()


def next_mm(sensor: SimulatedLevelSensor, near: float) -> float:
    """The next distances until one lies near what is awaited."""
    for _ in range(TRIES):
        reading = sensor.read(0.25)
        if reading is not None and reading.distance_mm is not None and abs(reading.distance_mm - near) <= 10.0:
            return reading.distance_mm
    pytest.fail(f"{near:g} mm does not come")


def test_a_simulated_bin_fills_and_begins_anew() -> None:
    moments = Moments()
    sensor = SimulatedLevelSensor(
        SimulatedSensor("simulated", request=True, empty_mm=1000.0, full_mm=200.0, fills_in_s=100.0), moments
    )
    sensor.open()
    for moments.now, near in ((0.0, 1000.0), (50.0, 600.0), (99.9, 200.0), (101.0, 992.0)):
        next_mm(sensor, near)
    sensor.close()
    with pytest.raises(HardwareError, match="not open"):
        sensor.read(0.0)


def test_a_trace_is_played_once(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("seconds,millimetres\n0,900\n10,700\n\n20.5,500\n")
    moments = Moments()
    sensor = SimulatedLevelSensor(SimulatedSensor("simulated", trace=path, request=True), moments)
    sensor.open()
    for moments.now, near in ((0.0, 900.0), (15.0, 700.0), (1e6, 500.0)):
        assert next_mm(sensor, near) == near
    sensor.close()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no measurement"),
        ("seconds,millimetres\n", "no measurement"),
        ("0,900\nten,800\n", ":2: could not convert"),
        ("0,900\n1\n", ":2: "),
        ("5,900\n4,800\n", ":2: earlier"),
        ("0,nan\n", ":1: not a finite"),
        ("0,900\n\xff\n", "trace"),
    ],
)
def test_a_bad_trace_is_a_clear_error(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "trace.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=problem):
        load_trace(path)
    with pytest.raises(DataError, match="cannot be read"):
        load_trace(tmp_path)


def test_what_a_trace_holds_beyond_a_frame_is_no_echo(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("0,-1\n1,7000\n2,6553\n")
    trace = load_trace(path)
    assert [trace.at(second) for second in (-5.0, 0.0, 1.5, 9.0)] == [0.0, 0.0, 0.0, 6553.0]


# --- from the configuration


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (sensors.UltrasonicSensor("ultrasonic", Path("/dev/ttyAMA0")), "UltrasonicRanger"),
        (sensors.ModbusSensor("modbus", Path("/dev/ttyUSB0")), "ModbusGauge"),
        (sensors.LaserSensor("vl53l1x"), "LaserRanger"),
        (sensors.PulseSensor("pulse", 23, 24), "PulseRanger"),
        (sensors.ScaleSensor("scale", Path("/dev/ttyUSB1")), "Scale"),
        (sensors.SimulatedSensor("simulated"), "SimulatedLevelSensor"),
    ],
)
def test_every_driver_that_can_be_configured_is_made(settings: sensors.LevelSensorConfig, name: str) -> None:
    sensor = make_level_sensor(settings)
    assert type(sensor).__name__ == name
    sensor.close()  # closing what was never opened is no error
