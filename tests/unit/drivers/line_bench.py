"""A bench for the drivers of what hangs on a serial line: lines with simulated instruments at their far ends."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Protocol, TypeVar

from edge.drivers.level.pseudo_terminal import Instrument, PseudoTerminal


class Driver(Protocol):
    def open(self) -> None: ...

    def close(self) -> None: ...


D = TypeVar("D", bound=Driver)


class Bench:
    """Lines and drivers that are closed at the end, whatever happens."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def line(self, instrument: Instrument) -> PseudoTerminal:
        line = PseudoTerminal(instrument)
        self._stack.callback(line.unplug)
        line.start()
        return line

    def opened(self, driver: D) -> D:
        self._stack.callback(driver.close)
        driver.open()
        return driver
