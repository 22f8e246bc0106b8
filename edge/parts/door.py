"""From `[door]` to the wires of a door."""

from __future__ import annotations

from edge.config.schema import GpioDoor, SimulatedDoor
from edge.drivers.door import DoorPort


def make_door(settings: GpioDoor | SimulatedDoor) -> DoorPort:
    """The configured door, not opened yet."""
    if isinstance(settings, SimulatedDoor):
        from edge.drivers.door.simulated import SimulatedDoorPort

        return SimulatedDoorPort(settings)
    from edge.drivers.door.gpio import GpioDoorPort

    return GpioDoorPort(settings)
