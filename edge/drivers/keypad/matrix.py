"""A keypad of crossing wires on the header: the rows are pulled low one at a time, the columns are read."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.config.credentials import MatrixKeypad as Settings
from edge.drivers.gpio import Lines, MakeFactory, OpenDrain, lgpio_factory
from edge.drivers.keypad.scan import Picture, Scanner

# A press lasts 50 ms and more, and a level counts after 30 ms.
SCAN_S = 0.015
# The pull-up of 50 kΩ and two metres of cable, some 300 pF, take 15 µs to rise.
SETTLE_S = 50e-6


class MatrixKeypad:
    """A Keypad. While no key is pressed all rows are low and only the columns are read. A row that is not asked floats,
    so that two keys of one column never join two outputs. `settle` waits for the wires, `pause` between two looks.
    """

    def __init__(
        self,
        settings: Settings,
        make_factory: MakeFactory = lgpio_factory,
        *,
        settle: Callable[[], None] = lambda: time.sleep(SETTLE_S),
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._lines = Lines("the keypad", make_factory)
        self._settle = settle
        self._pause = pause
        self._clock = clock
        self._scanner = Scanner()
        self._rows: list[OpenDrain] = []
        self._columns: list[Callable[[], bool]] = []

    @property
    def refused(self) -> int:
        return self._scanner.refused

    def open(self) -> None:
        self._lines.open()
        with self._lines.reaching("a pin of the keypad", "another program may hold it"):
            self._rows = [self._lines.open_drain(pin) for pin in self._settings.row_pins]
            columns = [self._lines.input(pin, "low", when_cut=False) for pin in self._settings.column_pins]
            self._columns = [column for column in columns if column is not None]
            for row in self._rows:
                row.low()

    def read(self, timeout_s: float) -> str:
        until_s = self._clock() + timeout_s
        keys = ""
        while not keys and self._clock() < until_s:
            with self._lines.reaching("the keypad", "check the wiring"):
                picture = self._look()
            keys = self._scanner.see(picture, self._clock())
            if not keys:
                self._pause(SCAN_S)
        return keys

    def close(self) -> None:
        self._rows, self._columns = [], []
        self._lines.close()

    def _look(self) -> Picture:
        if not any(column() for column in self._columns):
            return frozenset()
        for row in self._rows:
            row.float()
        pressed = set()
        for place, row in enumerate(self._rows):
            row.low()
            self._settle()
            pressed |= {(place, number) for number, column in enumerate(self._columns) if column()}
            row.float()
            self._settle()
        for row in self._rows:
            row.low()
        self._settle()
        return frozenset(pressed)
