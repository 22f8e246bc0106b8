"""What a gate remembers between two events. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.actions import Action
from edge.events import AccessRule
from edge.gate.access import Attempts
from edge.gate.door import Door


@dataclass(frozen=True, slots=True)
class GateState:
    """All that the gate remembers between two events. `lockdown`: the office lets no face open the door."""

    door: Door = Door()
    attempts: Attempts = field(default_factory=Attempts)
    people: Mapping[str, AccessRule] = field(default_factory=lambda: MappingProxyType({}))
    stopping: bool = False
    lockdown: bool = False


Outcome = tuple[GateState, tuple[Action, ...]]
