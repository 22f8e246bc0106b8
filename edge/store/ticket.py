"""What a waiting thread holds: a ticket, whoever waits for a COMMIT; a place, the writer that waits for events.

Bare locks serve as bells: `threading.Condition` makes a new lock for each wait, and took three times as long.
"""

from __future__ import annotations

import threading


class Ticket:
    """Held by whoever waits until one event is durable. Called once, from the writer's side.

    `data`: the event's data as JSON, if the holder had time to encode it while the writer was waking up.
    """

    __slots__ = ("_bell", "data", "epoch", "seq")

    def __init__(self) -> None:
        self._bell = threading.Lock()
        self._bell.acquire()
        self.data = b""
        self.epoch = ""
        self.seq = 0

    def call(self, epoch: str, seq: int) -> None:
        """The event is durable under this number; `seq` 0: it never will be."""
        self.epoch, self.seq = epoch, seq
        self._bell.release()

    def wait(self, timeout_s: float) -> bool:
        """Whether the event became durable in this time."""
        return self._bell.acquire(timeout=timeout_s) and self.seq > 0


class Place:
    """The taker's place while it waits for an event. A thread that has one to store may take it meanwhile."""

    __slots__ = ("back", "left", "lender", "lent")

    def __init__(self, lender: object) -> None:
        self.lender = lender
        self.lent = self.left = False  # taken by another; no longer waited in
        self.back = threading.Lock()
        self.back.acquire()
