"""What a level sensor measures at an empty or a full bin, as the number for the configuration, or why it is none."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from edge.bin_events import Reading
from edge.config.station import Bin
from edge.drivers.level import LevelSensor
from edge.errors import DataError, HardwareError
from edge.waste.geometry import percent_of_distance, percent_of_load, problem

READINGS = 15
LEAST_SHARE = 0.6
# A bin that stands still gives readings within these of their median, in all but a few cases.
SPREAD_MM = 15.0
SPREAD_G = 500.0
# Sensors of one bin share its numbers.
APART_MM = 60.0
SILENCE_S = 10.0
MOST_S = 180.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The median of several readings, and the median distance from it, in mm or g."""

    unit: str
    value: float
    spread: float
    readings: int


def measure(sensor: LevelSensor, readings: int = READINGS, now: Callable[[], float] = time.monotonic) -> Measured:
    """Read an opened sensor. Raises HardwareError when it gives too little, DataError when it wavers."""
    values: dict[str, list[float]] = {"mm": [], "g": []}
    asked = 0
    until_s = now() + MOST_S
    while asked < readings and now() < until_s:
        asked += 1
        reading = sensor.read(SILENCE_S)
        if reading is None:
            raise HardwareError(f"the sensor gave nothing in {SILENCE_S:g} s", hint="is it wired as configured?")
        _sort(reading, values)
    unit = "mm" if len(values["mm"]) >= len(values["g"]) else "g"
    found = values[unit]
    if len(found) < LEAST_SHARE * readings:
        hint = "is it clean, and does it look straight down?"
        raise HardwareError(f"only {len(found)} of {asked} readings had an echo", hint=hint)
    middle = median(found)
    spread = median(abs(value - middle) for value in found)
    limit = SPREAD_MM if unit == "mm" else SPREAD_G
    near = sum(abs(value - middle) <= limit for value in found)
    if near < LEAST_SHARE * len(found):
        hint = "let the bin stand still with its lid closed, and nothing hanging in it"
        raise DataError(f"the readings do not agree: {min(found):g} to {max(found):g} {unit}", hint=hint)
    return Measured(unit, middle, round(spread, 1), len(found))


def _sort(reading: Reading, values: dict[str, list[float]]) -> None:
    for unit, value in (("mm", reading.distance_mm), ("g", reading.load_g)):
        if value is not None and math.isfinite(value):
            values[unit].append(value)


def percent(bin: Bin, measured: Measured) -> float:
    """How full that is by the configuration as it stands."""
    return (percent_of_distance if measured.unit == "mm" else percent_of_load)(bin, measured.value)


def lines(bin: Bin, found: Mapping[str, Measured], end: str) -> tuple[str, ...]:
    """The lines for the bin's table. `end`: `empty` or `full`. Raises DataError when they would contradict the rest."""
    changes: dict[str, Any] = {}
    for unit in ("mm", "g"):
        values = [one.value for one in found.values() if one.unit == unit]
        if unit == "mm" and values and max(values) - min(values) > APART_MM:
            each = ", ".join(f"{name} {one.value:g} mm" for name, one in found.items() if one.unit == unit)
            raise DataError(
                f"the bin's sensors do not agree: {each}", hint="mount them level, or calibrate with --sensor"
            )
        if values:
            changes[f"{end}_{unit}"] = float(round(median(values)))
    if wrong := problem(replace(bin, **changes)):
        hint = "is this really the empty bin (--empty), or the full one (--full)? The other end may be calibrated first"
        raise DataError(f"with what was measured {wrong}", hint=hint)
    return tuple(f"{key} = {value}" for key, value in changes.items())
