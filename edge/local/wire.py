"""How the two ends of the local desk find and understand each other, and the bounds that both keep."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.errors import DataError

SOCKET = "local.sock"
MOST_REQUEST = 4096
MOST_ANSWER = 1 << 20
"""Of the line. A status of a station with many bins is some 20 KB."""
MOST_BYTES = 64 << 20
"""Of what follows the line: the largest picture that a camera may give, in full."""

_PEER = struct.Struct("3i")  # struct ucred: pid, uid, gid (unix(7), SO_PEERCRED)


def call_at(folder: Path, do: Callable[[str], None]) -> None:
    """`do` with a path to the socket in `folder`. The kernel takes 107 bytes at most, and a state directory may lie
    deeper than that: so it is reached through the open folder. Raises OSError.
    """
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        do(f"/proc/self/fd/{opened}/{SOCKET}")
    finally:
        os.close(opened)


def peer_of(connection: socket.socket) -> tuple[int, int]:
    """Process and user at the other end, as the kernel knows them."""
    pid, uid, _gid = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return pid, uid


def read_line(connection: socket.socket, most: int, until_s: float) -> tuple[bytes, bytes]:
    """One line, and what came after it already. Raises DataError for one that is too long or never ends, TimeoutError
    and other OSErrors.
    """
    received = bytearray()
    while b"\n" not in received:
        connection.settimeout(left(until_s))
        part = connection.recv(65536)
        received += part
        if not part or (len(received) > most and b"\n" not in received[:most]):
            raise DataError("half a line, or more than may be sent", hint=f"at most {most} bytes, then a new line")
    line, _, rest = bytes(received).partition(b"\n")
    return line, rest


def read_bytes(connection: socket.socket, count: int, begun: bytes, until_s: float) -> bytes:
    """`count` bytes, of which `begun` came already. Raises DataError when the other end stops before."""
    received = bytearray(begun)
    while len(received) < count:
        connection.settimeout(left(until_s))
        part = connection.recv(min(1 << 20, count - len(received)))
        if not part:
            raise DataError("the daemon stopped in the middle of its answer", hint="ask again; see journalctl -u edge")
        received += part
    return bytes(received)


def parse(line: bytes) -> dict[str, Any]:
    """The object that a line holds. Raises DataError."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError("this is no JSON", hint='for instance {"op": "state"}') from error
    if not isinstance(told, dict):
        raise DataError("this is no JSON object", hint='for instance {"op": "state"}')
    return told


def left(until_s: float) -> float:
    """Seconds until then. Raises TimeoutError when there are none."""
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError("the deadline has passed")
    return left_s
