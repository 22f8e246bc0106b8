"""From `[bins.<name>.sensors]` to a level sensor."""

from __future__ import annotations

from edge.config.sensors import (
    LaserSensor,
    LevelSensorConfig,
    ModbusSensor,
    PulseSensor,
    ScaleSensor,
    SimulatedSensor,
)
from edge.drivers.level import LevelSensor


def make_level_sensor(settings: LevelSensorConfig) -> LevelSensor:
    """The configured level sensor, not opened yet."""
    if isinstance(settings, SimulatedSensor):
        from edge.drivers.level.simulated import SimulatedLevelSensor

        return SimulatedLevelSensor(settings)
    if isinstance(settings, ModbusSensor):
        from edge.drivers.level.modbus import ModbusGauge

        return ModbusGauge(settings)
    if isinstance(settings, LaserSensor):
        from edge.drivers.level.laser import LaserRanger

        return LaserRanger(settings)
    if isinstance(settings, PulseSensor):
        from edge.drivers.level.pulse import PulseRanger

        return PulseRanger(settings)
    if isinstance(settings, ScaleSensor):
        from edge.drivers.level.scale import Scale

        return Scale(settings)
    from edge.drivers.level.ultrasonic import UltrasonicRanger

    return UltrasonicRanger(settings)
