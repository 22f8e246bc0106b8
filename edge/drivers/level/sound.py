"""The speed of sound in air, and what a ranger would have said had it known the temperature."""

from __future__ import annotations

import math

NEUTRAL_C = 20.0
"""What a module without a thermometer assumes; 343 m/s stands in most of their data sheets."""

_ZERO_M_PER_S = 331.3
_KELVIN = 273.15


def speed_of_sound(celsius: float) -> float:
    """Metres a second in dry air: c = 331.3 · sqrt(1 + T / 273.15), the ideal gas's law with its value at 0 °C. Within
    0.5 % of damp air's from -30 to 50 °C.
    """
    return _ZERO_M_PER_S * math.sqrt(1.0 + celsius / _KELVIN)


def compensated(distance_mm: float, celsius: float, assumed_c: float = NEUTRAL_C) -> float:
    """The distance at the true temperature, from one that a module reckoned with that of `assumed_c`: it measured a
    time, so the distance goes with the speed. 0.17 % for each degree: 31 mm a metre between 20 °C and 2 °C.
    """
    return distance_mm * speed_of_sound(celsius) / speed_of_sound(assumed_c)
