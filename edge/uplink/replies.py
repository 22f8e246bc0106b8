"""Answers to commands: they wait for the connection in memory, a few of them, and no longer than the process."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

_MOST = 64
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said on the response topic of a command, with its correlation data."""

    topic: str
    payload: bytes
    correlation: bytes


class Replies:
    """`put` may be called from any thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Reply] = deque()

    def put(self, reply: Reply) -> bool:
        """False: there is no room, or it is too large."""
        with self._guard:
            if len(self._waiting) >= _MOST or len(reply.payload) + len(reply.correlation) > _MOST_BYTES:
                return False
            self._waiting.append(reply)
            return True

    def take(self) -> Reply | None:
        """The oldest."""
        with self._guard:
            return self._waiting.popleft() if self._waiting else None
