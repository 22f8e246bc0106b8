"""The rules in force, of all the roles that this device has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edge.clock import Now
from edge.config import Config
from edge.core.roles import Roles, RolesState
from edge.device.startup import first_of_the_gate
from edge.events import Way
from edge.gate.access import Policy
from edge.gate.decision import Gate

if TYPE_CHECKING:
    from edge.device.station import StationParts


class Rules:
    """`roles`: what decides now. The brain asks for it at every event."""

    def __init__(self, config: Config, station: StationParts | None) -> None:
        self._station = station
        self.apply(config)

    def apply(self, config: Config) -> None:
        """Let another configuration hold while the device runs; the door's rules from the next event on."""
        policy = Policy(config.access, config.device.timezone, frozenset(map(Way, config.fitted)))
        gate = Gate(config.lock, policy) if config.door else None
        self.roles = Roles(gate, self._station.core() if self._station else None)
        self.config = config

    def first(self, past: Sequence[bytes], now: Now, *, lockdown: bool) -> RolesState:
        """What the brain begins with. `past`: the newest events, the newest first."""
        gate = first_of_the_gate(self.config, past, now, lockdown=lockdown)
        return RolesState(gate, self._station.first() if self._station else None)
