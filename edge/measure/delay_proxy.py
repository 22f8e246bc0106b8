"""A line with a longer round trip: passes TCP connections on, each byte a fixed time later, as fast as it comes.

Bandwidth is not limited: only what is on its way waits. It is a process of its own, so that it takes no turns with
what is being measured, and needs no privileges.
"""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field

_CHUNK = 1 << 18


class DelayProxy:
    """Listens on a free loopback `port` and passes everything on to `target` on the same machine, `one_way_s` later,
    and so do the answers. A context manager.
    """

    def __init__(self, target: int, one_way_s: float) -> None:
        self._target = target
        self._one_way_s = one_way_s
        self.port = 0

    def __enter__(self) -> DelayProxy:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = int(listener.getsockname()[1])
            descriptor = listener.fileno()
            command = [sys.executable, "-m", __name__, str(descriptor), str(self._target), str(self._one_way_s)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[descriptor])
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # it ends when its standard input does


@dataclass(eq=False)
class _Way:
    """One direction of one connection. `waiting`: (due, bytes), an empty one for the end."""

    source: socket.socket
    sink: socket.socket
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    ended: bool = False


class _Line:
    def __init__(self, listener: socket.socket, target: int, one_way_s: float) -> None:
        self._listener = listener
        self._target = target
        self._one_way_s = one_way_s
        self._ways: list[_Way] = []

    def run(self) -> None:
        """Until standard input ends."""
        while True:
            dues = [way.waiting[0][0] for way in self._ways if way.waiting]
            # select counts microseconds; poll would round each wait up to a millisecond.
            timeout_s = max(0.0, min(dues) - time.monotonic()) if dues else None
            sources = [way.source for way in self._ways if not way.ended]
            readable, _, _ = select.select([sys.stdin, self._listener, *sources], [], [], timeout_s)
            if sys.stdin in readable:
                return
            if self._listener in readable:
                self._accept()
            for way in self._ways:
                if way.source in readable:
                    self._read(way)
            for way in self._ways:
                self._write(way)
            self._forget()

    def _accept(self) -> None:
        device, _ = self._listener.accept()
        try:
            broker = socket.create_connection(("127.0.0.1", self._target), 5.0)
        except OSError:  # nothing listens there: the device is to see that
            device.close()
            return
        for sock in (device, broker):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ways += [_Way(device, broker), _Way(broker, device)]

    def _read(self, way: _Way) -> None:
        try:
            data = way.source.recv(_CHUNK)
            # Acknowledged at once: a sender with Nagle's algorithm, as mosquitto by default, would else wait for 40 ms
            # of delayed acknowledgement, which is no property of the line. The kernel forgets this each time.
            way.source.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        except OSError:
            data = b""
        way.waiting.append((time.monotonic() + self._one_way_s, data))
        way.ended = not data

    def _write(self, way: _Way) -> None:
        while way.waiting and way.waiting[0][0] <= time.monotonic():
            _, data = way.waiting.popleft()
            with contextlib.suppress(OSError):  # the other end has gone: its own direction says so
                if data:
                    way.sink.sendall(data)
                else:
                    way.sink.shutdown(socket.SHUT_WR)

    def _forget(self) -> None:
        """Close the connections that are over both ways."""
        over = {way.source for way in self._ways if way.ended and not way.waiting}
        for way in [way for way in self._ways if way.source in over and way.sink in over]:
            self._ways.remove(way)
            way.source.close()


if __name__ == "__main__":
    _Line(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3])).run()
