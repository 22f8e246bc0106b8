"""From `[keypad]` to a keypad."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.config.credentials import KeypadConfig, ReaderKeypad
from edge.config.credentials import MatrixKeypad as MatrixKeypadConfig
from edge.config.credentials import SimulatedKeypad as SimulatedKeypadConfig
from edge.drivers.keypad import Keypad

if TYPE_CHECKING:
    from edge.drivers.keypad.of_reader import ReaderKeys
    from edge.drivers.keypad.simulated import TypingVisitor


def make_keypad(settings: KeypadConfig, keys: ReaderKeys, visitor: TypingVisitor | None = None) -> Keypad:
    """The configured keypad, not opened yet. `keys`: those of the card reader. `visitor` types on a simulated one."""
    if isinstance(settings, SimulatedKeypadConfig):
        from edge.drivers.keypad.simulated import SimulatedKeypad

        return SimulatedKeypad(visitor)
    if isinstance(settings, ReaderKeypad):
        return keys
    if isinstance(settings, MatrixKeypadConfig):
        from edge.drivers.keypad.matrix import MatrixKeypad

        return MatrixKeypad(settings)
    from edge.drivers.keypad.line import LineKeypad

    return LineKeypad(settings)
