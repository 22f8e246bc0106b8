"""A keypad that is not there: the real serial driver, and a simulated keypad at the far end of its line."""

from __future__ import annotations

from pathlib import Path

from edge.config.credentials import SerialKeypad as Settings
from edge.drivers.card.instruments import Talker
from edge.drivers.keypad.line import LineKeypad
from edge.drivers.level.pseudo_terminal import PseudoTerminal, Simulated
from edge.errors import HardwareError


class TypingVisitor(Talker):
    """Presses keys, one after the other."""

    def press(self, keys: str) -> None:
        """Any of 0123456789*#."""
        for key in keys:
            self.say(key.encode())


class SimulatedKeypad(Simulated[LineKeypad]):
    """A Keypad. `visitor` types."""

    def __init__(self, visitor: TypingVisitor | None = None) -> None:
        super().__init__()
        self.visitor = visitor or TypingVisitor()

    @property
    def refused(self) -> int:
        return self._driver.refused if self._driver else 0

    def open(self) -> None:
        self._line = PseudoTerminal(self.visitor)
        self._driver = LineKeypad(Settings("serial", Path(self._line.path)))
        self._driver.open()  # first: what comes before is forgotten
        self._line.start()

    def read(self, timeout_s: float) -> str:
        if self._driver is None:
            raise HardwareError("the simulated keypad is not open", hint="open() comes first")
        return self._driver.read(timeout_s)
