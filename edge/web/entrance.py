"""The socket that listens. How many are let in is judged here, before TLS: who never greets holds a connection, too.

What is one too many is closed at once, and costs neither memory nor a line in the log.
"""

from __future__ import annotations

import os
import socket
from typing import Any
from weakref import WeakKeyDictionary

from edge.errors import HardwareError

MOST, MOST_EACH = 96, 64
"""Connections in all, and from one address."""
BACKLOG = 16
"""How many may wait to be let in; asyncio takes as many in one go before it looks at who is inside already."""
_FIRST_PASSED = 3  # sd_listen_fds(3)


class Entrance(socket.socket):
    """Listens. `accept` raises ConnectionAbortedError for one too many, which asyncio takes for nobody being there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._inside: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()

    def accept(self) -> tuple[socket.socket, Any]:
        """As ever. Raises OSError."""
        connection, address = super().accept()
        inside = [host for one, host in self._inside.items() if one.fileno() >= 0]
        if len(inside) >= MOST or inside.count(address[0]) >= MOST_EACH:
            connection.close()
            raise ConnectionAbortedError("one too many")
        self._inside[connection] = address[0]
        return connection, address


def passed() -> bool:
    """Whether systemd has opened the socket (sd_listen_fds(3))."""
    return os.environ.get("LISTEN_PID") == str(os.getpid())


def entrance(host: str, port: int) -> Entrance:
    """What systemd passes, or a socket of our own; `host` empty: all addresses of both kinds. Raises HardwareError."""
    own = Entrance(fileno=_FIRST_PASSED if passed() else _opened(host, port).detach())
    # Connections inherit it. asyncio sets it only where a socket names its protocol, and without it the second part of
    # an answer waits for the browser's delayed acknowledgement of the first: 40 ms each.
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return own


def _opened(host: str, port: int) -> socket.socket:
    try:
        if host:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        both = socket.has_dualstack_ipv6()
        return socket.create_server(
            ("", port), family=socket.AF_INET6 if both else socket.AF_INET, dualstack_ipv6=both, backlog=BACKLOG
        )
    except OSError as error:
        raise HardwareError(f"port {port}: {error.strerror}", hint="is another edge web running?") from error
