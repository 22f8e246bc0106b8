"""A keypad on a serial port: it sends the digits, * and # as letters, or as Wiegand messages through a bridge."""

from __future__ import annotations

from edge.config.credentials import SerialKeypad as Settings
from edge.drivers.card import Keys
from edge.drivers.card.bridge import Bits, bits_parser, meaning
from edge.drivers.keypad import KEYS
from edge.drivers.level.port import SerialPort

_LINE_ENDS = "\r\n"


class LineKeypad:
    """A Keypad. Keys that were pressed before it was opened are nobody's."""

    def __init__(self, settings: Settings) -> None:
        self._port = SerialPort(settings.port, settings.baud)
        self._bits: Bits | None = None if settings.frame == "ascii" else bits_parser(settings.frame)
        self.senseless = 0

    @property
    def refused(self) -> int:
        return self.senseless + (self._bits.refused if self._bits else 0)

    def open(self) -> None:
        self._port.open()
        self._port.discard()

    def read(self, timeout_s: float) -> str:
        data = self._port.read(timeout_s)
        if self._bits is None:
            text = data.decode("latin-1")
            keys = "".join(letter for letter in text if letter in KEYS)
            self.senseless += sum(letter not in KEYS and letter not in _LINE_ENDS for letter in text)
            return keys
        if not data:
            self._bits.pause()
        return "".join(self._key(bits) for bits in self._bits.feed(data))

    def close(self) -> None:
        self._port.close()

    def _key(self, bits: str) -> str:
        shown = meaning(bits)
        if isinstance(shown, Keys):
            return shown.keys
        self.senseless += len(bits)
        return ""
