"""Fire in a bin: smoke, a temperature beyond the limit, or one that rises faster than the sun can make it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from edge.config.station import Station

WINDOW_S = 120.0
"""A rise is judged over at most this time, and over at least a quarter of it."""

OVER_AFTER_S = 60.0
"""A fire is over when nothing has spoken for it for so long: smoke comes in waves."""

_MOST_READINGS = 80
_ENDS = 3  # readings whose median stands for an end of the window: a single wrong one makes no fire
_LOWEST_C, _HIGHEST_C = -55.0, 125.0  # what a one-wire sensor (DS18B20) can measure
_POWER_ON_C = 85.0  # what it says before its first conversion
_COOLER_C = 10.0  # below the limit by so much a hot bin has cooled down


@dataclass(frozen=True, slots=True)
class Fire:
    """What is known of one bin. `readings`: (monotonic seconds, °C), oldest first."""

    readings: tuple[tuple[float, float], ...] = ()
    smoke: bool = False
    burning: bool = False
    spoke_at: float = float("-inf")

    @property
    def celsius(self) -> float | None:
        """The newest temperature."""
        return self.readings[-1][1] if self.readings else None

    def ends_at(self) -> float | None:
        """When the fire is over if nothing more speaks for it."""
        return self.spoke_at + OVER_AFTER_S if self.burning and not self.smoke else None


def smell(fire: Fire, smoke: bool, now_s: float) -> Fire:
    """The smoke input changed."""
    spoke_at = now_s if smoke or fire.smoke else fire.spoke_at
    return replace(fire, smoke=smoke, burning=fire.burning or smoke, spoke_at=spoke_at)


def feel(fire: Fire, celsius: float, settings: Station, now_s: float) -> Fire:
    """A temperature was read. What no sensor of the kind can measure is left out."""
    known = fire.celsius
    if not _LOWEST_C <= celsius <= _HIGHEST_C or (celsius == _POWER_ON_C and known is not None and known < 75.0):
        return fire
    kept = tuple(one for one in fire.readings if 0.0 <= now_s - one[0] <= WINDOW_S)
    fire = replace(fire, readings=(*kept, (now_s, celsius))[-_MOST_READINGS:])
    if _hot(fire, settings) or _rising(fire, settings):
        return replace(fire, burning=True, spoke_at=now_s)
    still_hot = fire.burning and celsius > settings.fire_limit_c - _COOLER_C
    return replace(fire, spoke_at=now_s) if still_hot else fire


def _hot(fire: Fire, settings: Station) -> bool:
    """Two readings in a row."""
    last = [celsius for _, celsius in fire.readings[-2:]]
    return len(last) == 2 and min(last) >= settings.fire_limit_c


def _rising(fire: Fire, settings: Station) -> bool:
    readings = fire.readings
    if len(readings) < 2 * _ENDS:
        return False
    first, last = readings[:_ENDS], readings[-_ENDS:]
    minutes = (median(at for at, _ in last) - median(at for at, _ in first)) / 60.0
    if minutes < WINDOW_S / 240.0:
        return False
    rise = median(celsius for _, celsius in last) - median(celsius for _, celsius in first)
    return rise / minutes >= settings.fire_rise_c_per_min


def settle(fire: Fire, now_s: float) -> Fire:
    """Time passed."""
    ends_at = fire.ends_at()
    return replace(fire, burning=False, readings=()) if ends_at is not None and now_s >= ends_at else fire
