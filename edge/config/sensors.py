"""What can be configured of a level sensor: one class per driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from edge.config.check import Between, Key, Problems
from edge.config.kinds import Pin

Baud = Annotated[int, Between(1200, 1_000_000)]
Millimetres = Annotated[float, Between(0.0, 10_000.0)]
Period = Annotated[float, Between(0.1, 60.0)]


@dataclass(frozen=True, slots=True)
class UltrasonicSensor:
    """An ultrasonic ranger on a serial port. `frame`: `checksum` is FF H L SUM, `two-byte` is H L, always on request.

    `request`: ask for each frame by the byte 0x55, or listen to what streams in. `unit`: what the number in the frame
    counts. `least_mm`, `most_mm`: what the module can measure; a number outside means that it had no echo.
    """

    driver: Literal["ultrasonic"]
    port: Path
    baud: Baud = 9600
    frame: Literal["checksum", "two-byte"] = "checksum"
    request: bool = False
    unit: Literal["mm", "cm"] = "mm"
    least_mm: Millimetres = 30.0
    most_mm: Millimetres = 4500.0
    period_s: Period = 1.0


@dataclass(frozen=True, slots=True)
class ModbusSensor:
    """A level gauge on RS-485: one holding or input register, times `scale_mm`, is the distance.

    Several gauges may share one port, each with its own `unit_id`. `answer_s`: how long it may take to answer.
    `temperature_register`: signed, -1 is none. `compensate`: correct the distance by that temperature; most gauges that
    have one do so by themselves.
    """

    driver: Literal["modbus"]
    port: Path
    unit_id: Annotated[int, Between(1, 247)] = 1
    baud: Baud = 9600
    parity: Literal["none", "even", "odd"] = "none"
    answer_s: Annotated[float, Between(0.05, 1.0)] = 0.25
    table: Literal["holding", "input"] = "holding"
    register: Annotated[int, Between(0, 65535)] = 0
    scale_mm: Annotated[float, Between(0.001, 1000.0)] = 1.0
    least_mm: Millimetres = 30.0
    most_mm: Millimetres = 10_000.0
    temperature_register: Annotated[int, Between(-1, 65535)] = -1
    temperature_scale_c: Annotated[float, Between(0.001, 10.0)] = 0.1
    compensate: bool = False
    period_s: Period = 1.0


@dataclass(frozen=True, slots=True)
class LaserSensor:
    """A VL53L1X time-of-flight ranger on I²C."""

    driver: Literal["vl53l1x"]
    bus: Annotated[int, Between(0, 20)] = 1
    address: Annotated[int, Between(0x08, 0x77)] = 0x29
    range: Literal["short", "medium", "long"] = "medium"
    period_s: Period = 1.0


@dataclass(frozen=True, slots=True)
class PulseSensor:
    """An HC-SR04 kind of ranger on two pins, by gpiozero's DistanceSensor."""

    driver: Literal["pulse"]
    trigger_pin: Pin
    echo_pin: Pin
    least_mm: Millimetres = 20.0
    most_mm: Annotated[float, Between(100.0, 10_000.0)] = 4000.0
    period_s: Period = 1.0


@dataclass(frozen=True, slots=True)
class ScaleSensor:
    """A weighing indicator on a serial port that prints lines like `ST,GS,+  12.345kg`. `most_g`: its capacity."""

    driver: Literal["scale"]
    port: Path
    baud: Baud = 9600
    format: Literal["8N1", "7E1", "7O1", "8E1", "8O1"] = "8N1"
    most_g: Annotated[float, Between(1.0, 1e7)] = 1e7
    period_s: Period = 1.0


@dataclass(frozen=True, slots=True)
class SimulatedSensor:
    """The ultrasonic driver at a pseudo-terminal, on whose other side a simulated ranger speaks the real bytes.

    `trace`: a CSV file with seconds and millimetres, played once; else the bin fills by itself from empty to full in
    `fills_in_s`, and begins anew.
    """

    driver: Literal["simulated"]
    trace: Path | None = None
    empty_mm: Millimetres = 1000.0
    full_mm: Millimetres = 150.0
    fills_in_s: Annotated[float, Between(1.0, 10_000_000.0)] = 600.0
    frame: Literal["checksum", "two-byte"] = "checksum"
    request: bool = False
    period_s: Period = 1.0


LevelSensorConfig = UltrasonicSensor | ModbusSensor | LaserSensor | PulseSensor | ScaleSensor | SimulatedSensor


def sensor_problems(sensors: Mapping[Key, LevelSensorConfig]) -> Problems:
    """What no single value of the level sensors can tell; `sensors` by the place of their tables."""
    problems: Problems = []
    ports: dict[Path, tuple[Key, LevelSensorConfig]] = {}
    for key, sensor in sensors.items():
        if isinstance(sensor, UltrasonicSensor | ModbusSensor | PulseSensor) and sensor.least_mm >= sensor.most_mm:
            problems.append(((*key, "most_mm"), "must be more than least_mm"))
        if isinstance(sensor, SimulatedSensor) and sensor.full_mm >= sensor.empty_mm:
            problems.append(((*key, "full_mm"), "must be less than empty_mm: distances are measured from above"))
        if isinstance(sensor, PulseSensor) and sensor.trigger_pin == sensor.echo_pin:
            problems.append(((*key, "echo_pin"), f"pin {sensor.echo_pin} is already trigger_pin"))
        if isinstance(sensor, ModbusSensor) and sensor.compensate and sensor.temperature_register < 0:
            problems.append(((*key, "compensate"), "needs temperature_register"))
        if isinstance(sensor, UltrasonicSensor | ModbusSensor | ScaleSensor):
            first, other = ports.setdefault(sensor.port, (key, sensor))
            if first != key and not _share(sensor, other):
                problems.append(((*key, "port"), f"is that of {'.'.join(first)} already; only gauges share one"))
    return problems


def _share(one: LevelSensorConfig, other: LevelSensorConfig) -> bool:
    if not isinstance(one, ModbusSensor) or not isinstance(other, ModbusSensor):
        return False
    return (one.baud, one.parity) == (other.baud, other.parity)
