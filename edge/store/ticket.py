"""What a waiting thread holds: a ticket, whoever waits for a COMMIT; a place, the writer that waits for events.

Bare locks serve as bells: `threading.Condition` makes a new lock for each wait, and took three times as long.

Those whom one COMMIT concerns wake each other, one after the other. Woken all at once they only queue again, for the
interpreter's lock, each with two more changes of threads; 64 of them stored half as many events a second that way.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import pairwise


class Ticket:
    """Held by whoever waits until one event is durable. Called once, from the writer's side.

    `data`: the event's data as JSON, if the holder had time to encode it while the writer was waking up.
    """

    __slots__ = ("_bell", "_gone", "_next", "data", "epoch", "seq")

    def __init__(self) -> None:
        self._bell = threading.Lock()
        self._bell.acquire()
        self._gone = False  # waits no longer
        self._next: Ticket | None = None  # to be rung by the holder of this one
        self.data = b""
        self.epoch = ""
        self.seq = 0

    def call(self, epoch: str, seq: int) -> None:
        """The event is durable under this number; `seq` 0: it never will be."""
        self.epoch, self.seq = epoch, seq
        self._ring()

    def wait(self, timeout_s: float) -> bool:
        """Whether the event became durable in this time."""
        rung = False
        try:
            rung = self._bell.acquire(timeout=timeout_s)
        finally:
            if not rung:
                self._gone = True
                rung = self._bell.acquire(blocking=False)  # since then, or the one who rings takes it
            if rung and self._next is not None:
                self._next._ring()
        return rung and self.seq > 0

    def _ring(self) -> None:
        """Wake the holder, who goes on with the next; in place of one that is gone, that is done here."""
        ticket: Ticket | None = self
        while ticket is not None:
            ticket._bell.release()
            if not (ticket._gone and ticket._bell.acquire(blocking=False)):
                return
            ticket = ticket._next


def call_in_turn(tickets: Iterable[tuple[int, Ticket | None]], epoch: str) -> None:
    """The events of these tickets are durable, each under its number; some have none."""
    called = []
    for seq, ticket in tickets:
        if ticket is not None:
            ticket.epoch, ticket.seq = epoch, seq
            called.append(ticket)
    for ticket, after in pairwise(called):
        ticket._next = after
    if called:
        called[0]._ring()


class Place:
    """The taker's place while it waits for an event. A thread that has one to store may take it meanwhile."""

    __slots__ = ("back", "left", "lender", "lent")

    def __init__(self, lender: object) -> None:
        self.lender = lender
        self.lent = self.left = False  # taken by another; no longer waited in
        self.back = threading.Lock()
        self.back.acquire()
