"""From `[station]` and `[bins.<name>]` to the wires of a station, and to who compares it with its clean picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edge.config.station import Bin, Station
from edge.drivers.station import StationPort

if TYPE_CHECKING:
    from edge.vision.scene import SceneWatch


def make_station(station: Station, bins: Mapping[str, Bin]) -> StationPort:
    """The wires of the configured station, not opened yet."""
    if station.wiring.simulated:
        from edge.drivers.station.simulated import SimulatedStationPort

        return SimulatedStationPort(station, bins)
    from edge.drivers.station.gpio import GpioStationPort

    return GpioStationPort(station, bins)


def make_scene(station: Station, bins: Mapping[str, Bin]) -> SceneWatch | None:
    """Who compares the station with its clean picture; nobody without one. Raises DataError where it cannot be used."""
    if station.reference is None:
        return None
    from edge.vision.picture_file import load_picture
    from edge.vision.scene import SceneWatch

    zones = {"floor": station.floor_zone, **{name: one.rim_zone for name, one in bins.items()}}
    return SceneWatch(load_picture(station.reference), {name: area for name, area in zones.items() if area})
