"""A serial line whose far end is a simulated instrument: drivers open `path` as they would /dev/ttyAMA0."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

_LOOK_S = 0.2
_JOIN_S = 1.0
_MOST_BYTES = 256


class Instrument(Protocol):
    """What speaks at the far end. Both are called on the line's own thread, and wait for nothing."""

    every_s: float
    """Between two calls of `speak`."""

    def speak(self, mono_s: float) -> bytes:
        """What it sends unasked; may be nothing."""
        ...

    def hear(self, data: bytes, mono_s: float) -> bytes:
        """Its answer to bytes that came; may be nothing."""
        ...


class PseudoTerminal:
    """`unplug` is the plug being pulled: whoever reads then gets an error. `clock`: monotonic seconds."""

    def __init__(self, instrument: Instrument, clock: Callable[[], float] = time.monotonic) -> None:
        self._instrument = instrument
        self._clock = clock
        self._far, self._near = pty.openpty()
        # Without echo, and bytes as they are, also before a driver has set the line up.
        tty.setraw(self._near)
        os.set_blocking(self._far, False)
        self._wake_out, self._wake_in = os.pipe()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated-instrument", daemon=True)
        self.path = Path(os.ttyname(self._near))

    def start(self) -> None:
        self._thread.start()

    def unplug(self) -> None:
        """End the instrument and the line, within about a second. May be called twice."""
        if self._stop.is_set():
            return
        self._stop.set()
        os.write(self._wake_in, b"\0")
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        if self._thread.is_alive():  # what it still holds must not become somebody else's file
            return
        for end in (self._far, self._near, self._wake_out, self._wake_in):
            os.close(end)

    def _run(self) -> None:
        next_s = self._clock()
        while not self._stop.is_set():
            wait_s = min(_LOOK_S, max(0.0, next_s - self._clock()))
            ready, _, _ = select.select([self._far, self._wake_out], [], [], wait_s)
            now_s = self._clock()
            if self._far in ready:
                self._say(self._instrument.hear(os.read(self._far, _MOST_BYTES), now_s))
            if now_s >= next_s:
                next_s = now_s + self._instrument.every_s
                self._say(self._instrument.speak(now_s))

    def _say(self, data: bytes) -> None:
        # Nobody reads, and the line is full: a real one would lose the bytes as well.
        with contextlib.suppress(BlockingIOError):
            os.write(self._far, data)


class Driver(Protocol):
    """A driver of something at a serial port, as far as it is closed."""

    def close(self) -> None: ...


D = TypeVar("D", bound=Driver)


class Simulated(Generic[D]):
    """Something that is not there: its real driver, and a simulated instrument at the far end of the driver's line.
    Both are made by `open`.
    """

    def __init__(self) -> None:
        self._line: PseudoTerminal | None = None
        self._driver: D | None = None

    def unplug(self) -> None:
        """Pull the plug: the driver loses its port."""
        if self._line is not None:
            self._line.unplug()

    def close(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.close()
        self.unplug()
        self._line = None
