"""Every type of event that a device sends. What is not listed here must not be sent: the tests see to it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edge.contract import at_the_bin, at_the_bin_pictures, at_the_gate, of_the_device, of_the_office, of_updates
from edge.contract.kinds import EventType

_TYPES = (
    *at_the_gate.TYPES,
    *at_the_bin.TYPES,
    *at_the_bin_pictures.TYPES,
    *of_the_device.TYPES,
    *of_the_office.TYPES,
    *of_updates.TYPES,
)
CATALOGUE: Mapping[str, EventType] = MappingProxyType({kind.type: kind for kind in _TYPES})
