"""One RS-485 line that several gauges hang on: whoever asks has it alone until the answer has come."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakValueDictionary

from edge.drivers.level.port import SerialPort

_buses: WeakValueDictionary[tuple[Path, int, str], Bus] = WeakValueDictionary()
_finding = threading.Lock()


class Bus:
    """The port is open from the first user's `open` to the last one's `close`. One that failed has closed itself: each
    user learns it at its next turn, and the first to open again opens it for all. Users are on threads of their own.
    """

    def __init__(self, port: SerialPort) -> None:
        self._port = port
        self._turn = threading.Lock()
        self._users: set[object] = set()

    def open(self, user: object) -> None:
        """Raises HardwareError."""
        with self._turn:
            if not self._port.is_open:
                self._port.open()
            self._users.add(user)

    @contextlib.contextmanager
    def turn(self, timeout_s: float) -> Iterator[SerialPort | None]:
        """The port, for the caller alone; None when the others did not leave it in time."""
        if not self._turn.acquire(timeout=max(0.0, timeout_s)):
            yield None
            return
        try:
            yield self._port
        finally:
            self._turn.release()

    def close(self, user: object) -> None:
        with self._turn:
            self._users.discard(user)
            if not self._users:
                self._port.close()


def shared_bus(path: Path, baud: int, framing: str) -> Bus:
    """The same bus for everybody who asks for the same port at the same speed."""
    with _finding:
        key = (path, baud, framing)
        bus = _buses.get(key)
        if bus is None:
            bus = _buses[key] = Bus(SerialPort(path, baud, framing))
        return bus
