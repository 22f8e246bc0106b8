"""The roles of one device, side by side: a gate, a waste station, or both. Pure.

Every event goes to the gate first, since a door waits for nobody, then to the station, then to the housekeeping; each
answers what concerns it. An order has exactly one owner, and so exactly one answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from edge.actions import Action, Answer
from edge.clock import Now
from edge.core import housekeeping
from edge.core.housekeeping import Housekeeping
from edge.events import Event, OrderGiven
from edge.gate.state import GateState

if TYPE_CHECKING:  # a gate without bins need not load what a station remembers
    from edge.waste.state import StationState

S = TypeVar("S")


class Role(Protocol[S]):
    """The rules of one role. `orders`: the orders of the office that are its own."""

    @property
    def orders(self) -> frozenset[str]: ...

    def step(self, state: S, event: Event, now: Now) -> tuple[S, tuple[Action, ...]]: ...

    def next_deadline(self, state: S) -> float | None: ...

    def made_safe(self, state: S, now: Now) -> tuple[S, tuple[Action, ...]]: ...


@dataclass(frozen=True, slots=True)
class RolesState:
    """What the device remembers between two events. `station`: None where there is none."""

    gate: GateState = field(default_factory=GateState)
    station: StationState | None = None
    device: Housekeeping = field(default_factory=Housekeeping)

    @property
    def stopping(self) -> bool:
        """Whether the device is being shut down."""
        return self.device.stopping


Outcome = tuple[RolesState, tuple[Action, ...]]


class Roles:
    """The rules of one device."""

    def __init__(self, gate: Role[GateState] | None = None, station: Role[StationState] | None = None) -> None:
        self._gate = gate
        self._station = station

    def next_deadline(self, state: RolesState) -> float | None:
        """When a Tick is needed next, in monotonic seconds."""
        times = (
            self._gate.next_deadline(state.gate) if self._gate else None,
            self._station.next_deadline(state.station) if self._station and state.station else None,
        )
        return min((time for time in times if time is not None), default=None)

    def made_safe(self, state: RolesState, now: Now) -> Outcome:
        """The door locked, the lids open, everything else as it was."""
        actions: tuple[Action, ...] = ()
        if self._gate:
            gate, actions = self._gate.made_safe(state.gate, now)
            state = replace(state, gate=gate)
        if self._station and state.station:
            station, more = self._station.made_safe(state.station, now)
            state, actions = replace(state, station=station), actions + more
        return state, actions

    def step(self, state: RolesState, event: Event, now: Now) -> Outcome:
        """One event."""
        order = event if isinstance(event, OrderGiven) else None
        if order is not None and (refusal := self._refusal(state, order)) is not None:
            return state, (refusal,)
        actions: tuple[Action, ...] = ()
        if self._gate and (order is None or order.name in self._gate.orders):
            gate, actions = self._gate.step(state.gate, event, now)
            state = replace(state, gate=gate)
        if self._station and state.station and (order is None or order.name in self._station.orders):
            station, more = self._station.step(state.station, event, now)
            state, actions = replace(state, station=station), actions + more
        device, told = housekeeping.step(state.device, event)
        return replace(state, device=device), actions + told

    def _refusal(self, state: RolesState, order: OrderGiven) -> Answer | None:
        """Why nobody here carries out this order, if so."""
        if state.stopping:
            return Answer(order.command, False, "stopping", "the device is being shut down")
        owned = order.name in housekeeping.ORDERS
        owned |= self._gate is not None and order.name in self._gate.orders
        owned |= self._station is not None and order.name in self._station.orders
        return None if owned else Answer(order.command, False, "unsupported", "no role of this device knows this order")
