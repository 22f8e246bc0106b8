from __future__ import annotations

from pathlib import Path

import pytest

from edge.config.check import Key
from edge.config.sensors import (
    LevelSensorConfig,
    ModbusSensor,
    PulseSensor,
    ScaleSensor,
    SimulatedSensor,
    UltrasonicSensor,
    sensor_problems,
)

PORT = Path("/dev/ttyUSB0")


def told(*sensors: LevelSensorConfig) -> list[tuple[Key, str]]:
    return sensor_problems({("bins", "kitchen", "sensors", f"s{place}"): one for place, one in enumerate(sensors)})


@pytest.mark.parametrize(
    ("sensor", "key", "what"),
    [
        (UltrasonicSensor("ultrasonic", PORT, least_mm=500.0, most_mm=500.0), "most_mm", "more than least_mm"),
        (ModbusSensor("modbus", PORT, least_mm=500.0, most_mm=400.0), "most_mm", "more than least_mm"),
        (PulseSensor("pulse", 23, 24, least_mm=500.0, most_mm=400.0), "most_mm", "more than least_mm"),
        (PulseSensor("pulse", 23, 23), "echo_pin", "pin 23 is already"),
        (SimulatedSensor("simulated", empty_mm=100.0, full_mm=200.0), "full_mm", "less than empty_mm"),
        (ModbusSensor("modbus", PORT, compensate=True), "compensate", "needs temperature_register"),
    ],
)
def test_what_does_not_go_together_is_told(sensor: LevelSensorConfig, key: str, what: str) -> None:
    [(where, problem)] = told(sensor)
    assert where == ("bins", "kitchen", "sensors", "s0", key)
    assert what in problem


def test_only_gauges_at_one_speed_share_a_port() -> None:
    gauge, other = ModbusSensor("modbus", PORT, unit_id=1), ModbusSensor("modbus", PORT, unit_id=2)
    assert told(gauge, other, ScaleSensor("scale", Path("/dev/ttyUSB1"))) == []
    for third in (
        ScaleSensor("scale", PORT),
        UltrasonicSensor("ultrasonic", PORT),
        ModbusSensor("modbus", PORT, baud=4800),
    ):
        [(where, problem)] = told(gauge, third, other)
        assert where[-2:] == ("s1", "port")
        assert "bins.kitchen.sensors.s0" in problem
