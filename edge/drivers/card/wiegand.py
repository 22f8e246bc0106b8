"""A Wiegand reader, with or without keys, behind a bridge at a serial port."""

from __future__ import annotations

from collections.abc import Sequence

from edge.config.credentials import WiegandReaderConfig
from edge.drivers.card import Shown
from edge.drivers.card.bridge import bits_parser, meaning
from edge.drivers.level.port import SerialPort


class WiegandReader:
    """A CardReader. `refused` counts messages of wrong parity, too, each by its bits."""

    secured = False

    def __init__(self, settings: WiegandReaderConfig) -> None:
        self._port = SerialPort(settings.port, settings.baud)
        self._bits = bits_parser(settings.frame)
        self._senseless = 0

    @property
    def refused(self) -> int:
        return self._bits.refused + self._senseless

    def open(self) -> None:
        self._port.open()
        self._port.discard()

    def read(self, timeout_s: float) -> Sequence[Shown]:
        data = self._port.read(timeout_s)
        if not data:
            self._bits.pause()
        found = []
        for bits in self._bits.feed(data):
            shown = meaning(bits)
            if shown is None:
                self._senseless += len(bits)
            else:
                found.append(shown)
        return found

    def close(self) -> None:
        self._port.close()
