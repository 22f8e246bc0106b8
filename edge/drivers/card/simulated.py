"""A card reader that is not there: the real Wiegand driver, and a simulated bridge at the far end of its line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from edge.config.credentials import SimulatedReaderConfig, WiegandReaderConfig
from edge.drivers.card import Shown
from edge.drivers.card.instruments import SimulatedBridge
from edge.drivers.card.wiegand import WiegandReader
from edge.drivers.level.pseudo_terminal import PseudoTerminal, Simulated
from edge.errors import HardwareError


class SimulatedReader(Simulated[WiegandReader]):
    """A CardReader. `bridge` takes cards and keys from whoever plays the visitor. `clock`: monotonic seconds."""

    secured = False

    def __init__(
        self,
        settings: SimulatedReaderConfig,
        bridge: SimulatedBridge | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._clock = clock
        self._next_s = 0.0
        self._shown = 0
        self.bridge = bridge or SimulatedBridge()

    @property
    def refused(self) -> int:
        return self._driver.refused if self._driver else 0

    def open(self) -> None:
        self._line = PseudoTerminal(self.bridge, self._clock)
        self._driver = WiegandReader(WiegandReaderConfig("wiegand", self._line.path))
        self._driver.open()  # first: what comes before is forgotten
        self._line.start()
        self._next_s = self._clock() + self._settings.every_s

    def read(self, timeout_s: float) -> Sequence[Shown]:
        if self._driver is None:
            raise HardwareError("the simulated reader is not open", hint="open() comes first")
        cards = self._settings.cards
        if cards and self._clock() >= self._next_s:
            self.bridge.show(cards[self._shown % len(cards)])
            self._shown += 1
            self._next_s = self._clock() + self._settings.every_s
        return self._driver.read(timeout_s)
