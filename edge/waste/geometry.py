"""From what a sensor measures to how full a bin is, in percent of its volume or of what it may weigh. Pure.

Volume, not height: the lowest tenth of a tapered bin holds less than its uppermost, and a lying cylinder is widest in
the middle. A percentage below 0 or above 100 is cut off there.
"""

from __future__ import annotations

import math

from edge.bin_events import Reading
from edge.config.station import Bin


def problem(bin: Bin) -> str:
    """What is wrong with the measures of a bin taken together, or an empty string."""
    if bin.empty_mm <= bin.full_mm:
        return f"empty_mm ({bin.empty_mm:g}) must be greater than full_mm ({bin.full_mm:g}): both count downwards"
    if bin.full_g <= bin.empty_g:
        return f"full_g ({bin.full_g:g}) must be greater than empty_g ({bin.empty_g:g})"
    if not bin.nearly_full_percent < bin.full_percent < bin.overflow_percent:
        return "nearly_full_percent, full_percent and overflow_percent must each be greater than the one before"
    return ""


def volume_share(bin: Bin, height: float) -> float:
    """The share of the volume that is filled when waste stands at `height`, both [0, 1], 1 being the line of full."""
    if bin.shape == "tapered":
        # A frustum: the width grows linearly from `r` to 1, its section with the square, the volume with the cube. Of
        # ((r + grown)³ - r³) / (1 - r³) the factor 1 - r is cancelled: a bin that hardly tapers would divide 0 by 0.
        r, grown = bin.bottom_ratio, (1.0 - bin.bottom_ratio) * height
        return height * (3.0 * r * r + 3.0 * r * grown + grown * grown) / (1.0 + r + r * r)
    if bin.shape == "lying":
        # A circular segment of angle a has the area (a - sin a) / 2 of a unit circle's π.
        angle = 2.0 * math.acos(1.0 - 2.0 * height)
        return (angle - math.sin(angle)) / (2.0 * math.pi)
    return height


def percent_of_distance(bin: Bin, distance_mm: float) -> float:
    """Percent of the volume, [0, 100], by the distance from the sensor down to the waste."""
    height = (bin.empty_mm - distance_mm) / (bin.empty_mm - bin.full_mm)
    return 100.0 * volume_share(bin, min(1.0, max(0.0, height)))


def percent_of_load(bin: Bin, load_g: float) -> float:
    """Percent of what the bin may weigh, [0, 100]."""
    return 100.0 * min(1.0, max(0.0, (load_g - bin.empty_g) / (bin.full_g - bin.empty_g)))


def distance_of_percent(bin: Bin, percent: float) -> float:
    """The distance in mm at which a bin is so full: the inverse of `percent_of_distance`, for simulations."""
    low, high = 0.0, 1.0
    for _ in range(50):  # the share grows strictly with the height: halve until a double cannot tell
        middle = (low + high) / 2.0
        low, high = (middle, high) if 100.0 * volume_share(bin, middle) < percent else (low, middle)
    return bin.empty_mm - high * (bin.empty_mm - bin.full_mm)


# A bin's floor gives way and its sensor is not quite above it: a little beyond empty is still empty. Much beyond it
# the sensor looks past an open lid, or at nothing.
BEYOND_EMPTY = 1.08
BEYOND_EMPTY_MM = 30.0
# A scale drifts around its tare, and a bin may be loaded beyond what it should carry.
BELOW_TARE = 0.1
OVERLOAD = 1.5


def percent_of(bin: Bin, reading: Reading) -> float | None:
    """Percent full by one reading; None when it has no echo or can be no level of this bin (NaN, beyond the floor)."""
    if reading.distance_mm is not None:
        within = 0.0 < reading.distance_mm <= bin.empty_mm * BEYOND_EMPTY + BEYOND_EMPTY_MM  # false for NaN
        return percent_of_distance(bin, reading.distance_mm) if within else None
    if reading.load_g is not None:
        span = bin.full_g - bin.empty_g
        within = bin.empty_g - BELOW_TARE * span <= reading.load_g <= bin.empty_g + OVERLOAD * span
        return percent_of_load(bin, reading.load_g) if within else None
    return None
