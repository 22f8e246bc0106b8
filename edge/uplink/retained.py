"""A retained message: the latest wins, and only a change is sent."""

from __future__ import annotations

import threading

_LEFT_OUT_AFTER = 3


class Retained:
    """What should stand on a retained topic. `set` and `again` may be called from any thread, the rest by
    the worker.

    A broker may close the connection at it, and whatever else is under way then hides the reason. So one that was
    under way at a break goes `alone` the next time, and after three breaks it is left out for a connection.
    """

    def __init__(self, payload: bytes | None = None, *, always_alone: bool = False) -> None:
        self._guard = threading.Lock()
        self._wanted = payload
        self._sent: bytes | None = None
        self._always_alone = always_alone
        self._breaks = 0
        self.under_way = False

    @property
    def alone(self) -> bool:
        return self._always_alone or self._breaks > 0

    def set(self, payload: bytes) -> bool:
        """Returns whether this is a change."""
        with self._guard:
            changed = payload != self._wanted
            self._wanted = payload
            return changed

    def again(self) -> bool:
        """Let it be sent once more though it has not changed. Returns whether there is anything to be sent."""
        with self._guard:
            self._sent = None
            return self._wanted is not None

    def begin(self) -> bool:
        """A new connection: the broker may have forgotten. Returns False if this one has to do without it."""
        self._breaks = self._breaks + 1 if self.under_way else 0
        self.under_way = False
        if self._breaks >= _LEFT_OUT_AFTER:
            return False
        self._sent = None
        return True

    def due(self) -> bytes | None:
        """What is to be sent now; one at a time, so that an old one cannot arrive after a new one."""
        with self._guard:
            wanted = self._wanted
        if wanted is None or wanted == self._sent or self.under_way:
            return None
        self._sent, self.under_way = wanted, True
        return wanted

    def answered(self) -> None:
        """The broker took it or refused it; a refused one is not repeated until it changes."""
        self.under_way = False
        self._breaks = 0
