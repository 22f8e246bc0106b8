"""A reader that prints what it reads to a serial port, and listens to nothing."""

from __future__ import annotations

from collections.abc import Sequence

from edge.config.credentials import LineReaderConfig
from edge.drivers.card import Card, Shown
from edge.drivers.card.frames import frames
from edge.drivers.level.port import SerialPort


class LineReader:
    """A CardReader. What was shown while nobody read is the past: a card opens when it is held there, not later."""

    secured = False

    def __init__(self, settings: LineReaderConfig) -> None:
        self._port = SerialPort(settings.port, settings.baud)
        self._frames = frames(settings.frame, settings.digits)

    @property
    def refused(self) -> int:
        return self._frames.refused

    def open(self) -> None:
        self._port.open()
        self._port.discard()
        self._frames.pause()

    def read(self, timeout_s: float) -> Sequence[Shown]:
        data = self._port.read(timeout_s)
        if not data:
            self._frames.pause()
        return [Card(name) for name in self._frames.feed(data)]

    def close(self) -> None:
        self._port.close()
