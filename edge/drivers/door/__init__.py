"""Doors: lock relay, lamps, door contact and request-to-exit button behind one port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edge.actions import Lamp


@dataclass(frozen=True, slots=True)
class DoorInputs:
    """The raw levels now, not debounced. `contact_open` is None where no contact is wired."""

    contact_open: bool | None
    exit_pressed: bool


class DoorPort(Protocol):
    """The wires of one door. Outputs return within a millisecond; everything may raise HardwareError."""

    def open(self) -> None:
        """Claim the lines; the relay is driven to its safe level before anything else."""
        ...

    def drive_relay(self, *, on: bool) -> None: ...

    def show_lamp(self, lamp: Lamp) -> None: ...

    def sample(self, mono_s: float) -> DoorInputs:
        """Read the inputs at this moment."""
        ...

    def close(self) -> None:
        """Relay off, lines released."""
        ...
