"""The wires that the device drives, through its whole life: safe before any worker runs, and the last to be let go."""

from __future__ import annotations

import logging

from edge.device.ground import Ground
from edge.drivers.door import DoorPort
from edge.drivers.door.contacts import ContactsWorker
from edge.drivers.station import StationPort
from edge.errors import HardwareError
from edge.runtime.supervisor import Spec

log = logging.getLogger("edge")


class Wires:
    """Those of a door, of a station, or of both. Who reads the station's is made with the station."""

    def __init__(self, door: DoorPort | None, station: StationPort | None, ground: Ground) -> None:
        self._door = door
        self._station = station
        post, faults = ground.post, ground.faults
        self.specs = [Spec("contacts", lambda: ContactsWorker(door, post, faults))] if door else []

    def open(self) -> None:
        """From here on the lock relay is at its safe level, and no lid moves unasked. Raises HardwareError."""
        if self._door:
            self._door.open()
        if self._station is None:
            return
        try:
            self._station.open()
        except HardwareError as error:
            if self._door is None:
                raise
            log.critical("the gate goes on without the bins: %s", error)  # whose worker tells the fault

    def close(self) -> None:
        """Lock relay off, lids free. Raises HardwareError, after both were tried."""
        try:
            if self._door:
                self._door.close()
        finally:
            if self._station:
                self._station.close()
