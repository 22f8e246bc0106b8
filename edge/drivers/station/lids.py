"""How a lid is driven: state machines that are stepped by time, fifty times a second, and touch no pin.

The rules that hold for every lid. It never begins to close while something is in the opening, and not before the
opening has been free for `CLEAR_S`. Something that comes into it while it closes stops and reverses it within the
same step. To open is always allowed. Nothing moves that was not asked to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from edge.bin_events import LidPosition

CLEAR_S = 0.5
WAIT_S = 60.0
"""A lid that may not close for so long, because something stays in its opening, is a fault."""


class Drive(Enum):
    """What the motor or servo is told: one value, so that both directions at once cannot be said."""

    OFF = "off"
    OPENING = "opening"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class LidInputs:
    """The raw levels at a lid. What is not wired reads as False."""

    open_stop: bool = False
    closed_stop: bool = False
    strained: bool = False
    hand: bool = False


@dataclass(frozen=True, slots=True)
class LidOutputs:
    """`position`: None where it is not known. `fault`: what is wrong, or empty."""

    drive: Drive = Drive.OFF
    position: LidPosition | None = None
    fault: str = ""


class LidControl(Protocol):
    """One driven lid. Its owner makes one call at a time."""

    def ask(self, *, open: bool) -> None:
        """What the lid shall do from the next step on; the latest counts."""
        ...

    def step(self, mono_s: float, inputs: LidInputs) -> LidOutputs: ...

    def halt(self) -> None:
        """Drive nothing until the next step, and forget an order to close: the inputs cannot be read."""
        ...


class Opening:
    """Whether the opening is free to be closed, and for how long a lid has waited for that."""

    def __init__(self) -> None:
        self._free_since_s: float | None = None
        self._waiting_since_s: float | None = None

    def free(self, mono_s: float, hand: bool) -> bool:
        """Whether nothing has been in it for `CLEAR_S`. Called in every step."""
        if hand:
            self._free_since_s = None
        elif self._free_since_s is None:
            self._free_since_s = mono_s
        return self._free_since_s is not None and mono_s - self._free_since_s >= CLEAR_S

    def kept_waiting(self, mono_s: float, waits: bool) -> str:
        """The fault of a lid that `waits` to close and cannot, or an empty text."""
        if not waits:
            self._waiting_since_s = None
        elif self._waiting_since_s is None:
            self._waiting_since_s = mono_s
        elif mono_s - self._waiting_since_s >= WAIT_S:
            return f"cannot close: something has been in the opening for {WAIT_S:g} s"
        return ""
