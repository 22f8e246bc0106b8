"""Lets another thread interrupt a wait on a socket."""

from __future__ import annotations

import select
import socket
import threading


class Wake:
    """A flag with a file descriptor between `open` and `close`. `set` may be called from any thread at any time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._pair: tuple[socket.socket, socket.socket] | None = None
        self._is_set = False

    def open(self) -> None:
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        with self._guard:
            self._pair = reader, writer
            if self._is_set:
                writer.send(b"\0")

    def fileno(self) -> int:
        return -1 if self._pair is None else self._pair[0].fileno()

    def set(self) -> None:
        with self._guard:
            if not self._is_set:
                self._is_set = True
                if self._pair is not None:
                    self._pair[1].send(b"\0")

    def clear(self) -> bool:
        """Take the flag down; returns whether it was up."""
        with self._guard:
            was_set, self._is_set = self._is_set, False
            if was_set and self._pair is not None:
                self._pair[0].recv(1)
            return was_set

    def wait(self, timeout_s: float) -> bool:
        """Wait for the flag, take it down, and return whether it was up."""
        poller = select.poll()
        poller.register(self, select.POLLIN)
        poller.poll(max(timeout_s, 0.0) * 1000)
        return self.clear()

    def close(self) -> None:
        with self._guard:
            if self._pair is not None:
                for end in self._pair:
                    end.close()
            self._pair = None
