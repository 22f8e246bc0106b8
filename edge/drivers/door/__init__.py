"""Doors: lock relay, lamps, contacts, buttons and lines to the fire panel and another door behind one port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edge.actions import Lamp
from edge.events import LineState


@dataclass(frozen=True, slots=True)
class DoorInputs:
    """The raw levels now, not debounced, but for `fire`, which is None until it is stable. None where nothing is wired.

    `freed`: the fire line holds the relay on, whatever was commanded. `other_open`: the other door of an interlock.
    """

    contact_open: bool | None
    exit_pressed: bool
    wide_exit_pressed: bool = False
    fire: LineState | None = None
    freed: bool = False
    tamper_open: bool | None = None
    other_open: bool | None = None


class DoorPort(Protocol):
    """The wires of one door. Outputs return within a millisecond; everything may raise HardwareError. Commands and
    samples may come from different threads.
    """

    def open(self) -> None:
        """Claim the lines; the relay is driven to its safe level before anything else. With a fire alarm on the line
        that is on, from the next moment.
        """
        ...

    def drive_relay(self, *, on: bool) -> None:
        """Command the relay. While the fire line frees the door, off takes effect only when that is over."""
        ...

    def show_lamp(self, lamp: Lamp) -> None: ...

    def sample(self, mono_s: float) -> DoorInputs:
        """Read the inputs at this moment, and free the door if the fire line asks for it."""
        ...

    def close(self) -> None:
        """Relay off, lines released; in a fire the relay is left as it is."""
        ...
