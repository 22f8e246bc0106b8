"""One RS-485 line that several gauges hang on: whoever asks has it alone until the answer has come."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakValueDictionary

from edge.drivers.level.port import SerialPort
from edge.errors import HardwareError

_buses: WeakValueDictionary[tuple[Path, int, str], Bus] = WeakValueDictionary()
_finding = threading.Lock()


TURN_S = 2.0
"""How long the others may keep somebody waiting: a gauge that is dead takes its whole time to answer, too."""


class Bus:
    """The port is open from the first user's `open` to the last one's `close`. One that failed has closed itself: each
    user learns it at its next turn, and the first to open again opens it for all. Users are on threads of their own.

    Turns go in the order in which they were asked for. With a plain lock somebody who asks a dead gauge again and
    again would take it back before those who wait for it have woken.
    """

    def __init__(self, port: SerialPort) -> None:
        self._port = port
        self._users: set[object] = set()
        self._queue: deque[object] = deque()  # its first has the turn
        self._moved = threading.Condition()

    def open(self, user: object) -> None:
        """Raises HardwareError."""
        with self.turn() as port:
            if not port.is_open:
                port.open()
            self._users.add(user)

    @contextlib.contextmanager
    def turn(self) -> Iterator[SerialPort]:
        """The port, for the caller alone. Raises HardwareError when the others do not leave it in TURN_S."""
        ticket = object()
        with self._moved:
            self._queue.append(ticket)
            if not self._moved.wait_for(lambda: self._queue[0] is ticket, TURN_S):
                self._queue.remove(ticket)
                raise HardwareError("the line is busy", hint="fewer gauges on one line, or shorter answer_s")
        try:
            yield self._port
        finally:
            with self._moved:
                self._queue.popleft()
                self._moved.notify_all()

    def close(self, user: object) -> None:
        self._users.discard(user)
        with self.turn() as port:
            if not self._users:
                port.close()


def shared_bus(path: Path, baud: int, framing: str) -> Bus:
    """The same bus for everybody who asks for the same port at the same speed."""
    with _finding:
        key = (path, baud, framing)
        bus = _buses.get(key)
        if bus is None:
            bus = _buses[key] = Bus(SerialPort(path, baud, framing))
        return bus
