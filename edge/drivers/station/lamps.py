"""What the two lamps of a bin show: `guide` (green) and `warning` (red), steady or blinking."""

from __future__ import annotations

from dataclasses import dataclass

from edge.actions import BinLamp


@dataclass(frozen=True, slots=True)
class Signal:
    """Which lamps are lit. `blink_s`: half of the time on, half off, in this period; 0: steady.

    Nothing blinks faster than three times a second, which may set off a seizure (WCAG 2.2, success criterion 2.3.1).
    """

    guide: bool = False
    warning: bool = False
    blink_s: float = 0.0

    def lit(self, mono_s: float) -> tuple[bool, bool]:
        """The guide lamp and the warning lamp at this moment."""
        on = self.blink_s == 0.0 or mono_s % self.blink_s < self.blink_s / 2
        return self.guide and on, self.warning and on


SIGNALS = {
    BinLamp.OFF: Signal(),
    BinLamp.GUIDE: Signal(guide=True),
    BinLamp.WRONG: Signal(warning=True, blink_s=1.0),
    BinLamp.FULL: Signal(warning=True),
    BinLamp.FIRE: Signal(guide=True, warning=True, blink_s=0.5),
}
