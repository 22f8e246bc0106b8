"""From `[card]` and `[card_inside]` to a card reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.config.credentials import (
    CardConfig,
    OsdpReaderConfig,
    Pn532ReaderConfig,
    SimulatedReaderConfig,
    WiegandReaderConfig,
)
from edge.drivers.card import CardReader

if TYPE_CHECKING:
    from edge.drivers.card.instruments import SimulatedBridge


def make_card_reader(settings: CardConfig, bridge: SimulatedBridge | None = None) -> CardReader:
    """The configured card reader, not opened yet. `bridge`: what a simulated one hears."""
    if isinstance(settings, SimulatedReaderConfig):
        from edge.drivers.card.simulated import SimulatedReader

        return SimulatedReader(settings, bridge)
    if isinstance(settings, OsdpReaderConfig):
        from edge.drivers.card.osdp import OsdpReader

        return OsdpReader(settings)
    if isinstance(settings, Pn532ReaderConfig):
        from edge.drivers.card.pn532 import Pn532Reader

        return Pn532Reader(settings)
    if isinstance(settings, WiegandReaderConfig):
        from edge.drivers.card.wiegand import WiegandReader

        return WiegandReader(settings)
    from edge.drivers.card.line import LineReader

    return LineReader(settings)
