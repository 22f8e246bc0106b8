"""An ultrasonic ranger on a serial port: streaming or asked, with a checksum or without."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.bin_events import Reading
from edge.config.sensors import UltrasonicSensor
from edge.drivers.level.frames import REQUEST, ChecksumFrames, Span, two_byte_number
from edge.drivers.level.port import SerialPort
from edge.drivers.level.twice import Twice

# A frame takes 4 ms at 9600 baud and modules pause for 40 and more; an adapter on USB may cut one in two, 16 ms apart.
PAUSE_S = 0.03
# The echoes of one ping have to die down before the next, or it hears them (60 ms in most data sheets).
REST_S = 0.06
SAME_MM = 20.0


class UltrasonicRanger:
    """A LevelSensor. `clock`: monotonic seconds."""

    def __init__(self, settings: UltrasonicSensor, clock: Callable[[], float] = time.monotonic) -> None:
        self._two_byte = settings.frame == "two-byte"
        self._asks = settings.request or self._two_byte
        self._span = Span(10.0 if settings.unit == "cm" else 1.0, settings.least_mm, settings.most_mm)
        self._port = SerialPort(settings.port, settings.baud)
        self._frames = ChecksumFrames()
        self._twice = Twice(max(SAME_MM, self._span.unit_mm))
        self._clock = clock
        self._rests_until_s = float("-inf")
        self._answered = True

    def open(self) -> None:
        self._port.open()

    def read(self, timeout_s: float) -> Reading | None:
        until_s = self._clock() + timeout_s
        # What has come since the last reading is the past. After a time-out a frame may be under way, and is kept.
        if self._answered:
            self._port.discard()
            self._frames.pause()
            self._twice.forget()
        reading = self._confirmed(until_s) if self._two_byte else self._framed(until_s)
        self._answered = reading is not None
        return reading

    def close(self) -> None:
        self._port.close()

    def _framed(self, until_s: float) -> Reading | None:
        if self._asks:
            self._port.write(REQUEST)
        while (left_s := until_s - self._clock()) > 0:
            data = self._port.read(min(left_s, PAUSE_S))
            if not data:
                self._frames.pause()
            elif numbers := self._frames.feed(data):
                return self._span.reading(numbers[-1])
        return None

    def _confirmed(self, until_s: float) -> Reading | None:
        while self._clock() < until_s:
            number = two_byte_number(self._heard(until_s))
            if number is None:
                self._twice.forget()
            elif (reading := self._twice(self._span.reading(number))) is not None:
                return reading
        return None

    def _heard(self, until_s: float) -> bytes:
        """Everything that comes after a request, until the line is silent again."""
        if (rest_s := self._rests_until_s - self._clock()) > 0:
            self._port.read(rest_s)
        self._port.discard()  # what came unasked is no answer
        self._port.write(REQUEST)
        self._rests_until_s = self._clock() + REST_S
        heard = self._port.read(until_s - self._clock())
        while heard and len(heard) <= 2 and (more := self._port.read(PAUSE_S)):
            heard += more
        return heard
