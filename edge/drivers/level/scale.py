"""A weighing indicator on a serial port, in its continuous mode."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.bin_events import Reading
from edge.config.sensors import ScaleSensor
from edge.drivers.level.port import SerialPort
from edge.drivers.level.twice import Twice
from edge.drivers.level.weighing import WeighingLines

# The last digit of a load at rest may still flicker; a lost digit changes it by much more.
SAME_G = 50.0
SAME_SHARE = 0.005


class Scale:
    """A LevelSensor. A line has no checksum, so a load counts when two lines in a row say it and both are stable. While
    the load sways, at overload and beyond `most_g` the reading has none. `clock`: monotonic seconds.
    """

    def __init__(self, settings: ScaleSensor, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = SerialPort(settings.port, settings.baud, settings.format)
        self._most_g = settings.most_g
        self._lines = WeighingLines()
        self._twice = Twice(SAME_G, SAME_SHARE)
        self._clock = clock
        self._answered = True

    def open(self) -> None:
        self._port.open()

    def read(self, timeout_s: float) -> Reading | None:
        until_s = self._clock() + timeout_s
        if self._answered:  # what has come since is the past
            self._port.discard()
            self._lines.restart()
            self._twice.forget()
        reading = self._read(until_s)
        self._answered = reading is not None
        return reading

    def close(self) -> None:
        self._port.close()

    def _read(self, until_s: float) -> Reading | None:
        sways = False
        while (left_s := until_s - self._clock()) > 0:
            confirmed: Reading | None = None
            for weighing in self._lines.feed(self._port.read(left_s)):
                if not weighing.stable:
                    sways = True
                    self._twice.forget()
                    continue
                load_g = weighing.load_g
                confirmed = self._twice(
                    Reading(load_g=None if load_g is None or abs(load_g) > self._most_g else load_g)
                )
            if confirmed is not None:
                return confirmed
        return Reading() if sways else None
