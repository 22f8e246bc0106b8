"""The wires of a waste station: lids, lamps, buttons and what senses people, hands, smoke and heat, behind one port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from edge.actions import BinLamp
from edge.bin_events import Button, LidPosition


@dataclass(frozen=True, slots=True)
class BinInputs:
    """The raw levels at one bin now, not debounced. None where nothing of the kind is wired, or nothing is known.

    `lid_fault`, `thermometer_fault`: what is wrong there, or empty.
    """

    lid: LidPosition | None = None
    hand: bool | None = None
    beam_broken: bool | None = None
    smoke: bool | None = None
    celsius: float | None = None
    open_pressed: bool = False
    lid_fault: str = ""
    thermometer_fault: str = ""


@dataclass(frozen=True, slots=True)
class StationInputs:
    """The raw levels of the whole station now."""

    near: bool | None = None
    smoke: bool | None = None
    pressed: frozenset[Button] = frozenset()
    bins: Mapping[str, BinInputs] = field(default_factory=lambda: MappingProxyType({}))


class StationPort(Protocol):
    """The wires of one station. Outputs return within a millisecond; everything may raise HardwareError."""

    def open(self) -> None:
        """Claim the lines. No lid moves by that."""
        ...

    def move_lid(self, name: str, *, open: bool) -> None:
        """Begin to move a lid; what follows (end stops, anti-pinch, the time limit of a motor) is `sample`'s work."""
        ...

    def light(self, name: str, lamp: BinLamp) -> None:
        """Show this from the next `sample` on."""
        ...

    def open_all(self) -> None:
        """Begin to open every lid: nobody is left to say which may stay shut."""
        ...

    def sample(self, mono_s: float) -> StationInputs:
        """Read the inputs, and move what is moving by a step: called fifty times a second."""
        ...

    def close(self) -> None:
        """Every motor off and every latch free, so that each lid can be opened by hand; lines released."""
        ...
