"""Where events wait for the disk: bounded, in order, and the least important goes first when there is no room.

Handing an event over must cost the brain next to nothing, and waking the writer is on the way of everybody who waits
for a COMMIT. So a bare lock serves as a bell, as in a ticket.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.ticket import Place, Ticket


@dataclass(slots=True)
class Losses:
    """Events that could not be kept: how many of each priority, and the span of their wall clock."""

    by_priority: Counter[Priority] = field(default_factory=Counter)
    first_us: int = 0
    last_us: int = 0
    count: int = 0

    def add(self, priority: Priority, wall_us: int) -> None:
        if not self.count:
            self.first_us = wall_us
        self.last_us = wall_us
        self.by_priority[priority] += 1
        self.count += 1


class Waiting(NamedTuple):
    """An event handed over. `id`: given when an earlier attempt to store it was made."""

    arrival: int
    report: Report
    now: Now
    ticket: Ticket | None = None
    id: str = ""


MOST_PICTURES = 16  # a sealed one is up to 270 KB, so 4 MB: more the memory has no room for while the disk refuses


class Intake:
    """At most `capacity` events, and `MOST_PICTURES` of them pictures. Beyond that the oldest of the lowest priority,
    or the oldest picture, is dropped and entered into the losses, so an alarm is only dropped when nothing but alarms
    is left. Every call takes constant time per event.
    """

    def __init__(self, capacity: int) -> None:
        self._mutex = threading.Lock()
        self._bell = threading.Lock()  # taken by whoever waits, let go to wake them
        self._place: Place | None = None  # of a taker that waits for events, not only for `wake`
        self._queues: tuple[deque[Waiting], ...] = tuple(deque() for _ in Priority)  # by priority
        self._capacity = capacity
        self._count = 0
        self._arrivals = 0
        self._given_back = 0  # counts down, so that it sorts before every arrival
        self._woken = False
        self._losses = Losses()

    def __len__(self) -> int:
        return self._count

    def put(self, report: Report, now: Now, ticket: Ticket | None = None) -> None:
        """Hand an event over, and wake the taker if it waits for one."""
        with self._mutex:
            self._arrivals += 1
            self._queues[report.priority].append(Waiting(self._arrivals, report, now, ticket))
            self._count += 1
            if self._count > self._capacity or report.priority == Priority.PICTURE:
                self._keep_within()
            if self._place is not None:
                self._place = None
                self._ring()

    def borrow(self, borrower: object) -> Place | None:
        """The taker's place, if that is idle and lends it to `borrower`, who may store an event instead and is to
        `restore` the place. Nothing waits here then.
        """
        with self._mutex:
            place = self._place
            if place is None or place.lender is not borrower or self.dropping:
                return None
            self._place = None
            place.lent = True
            return place

    def restore(self, place: Place) -> None:
        """The taker has its place again, and goes on waiting there if there is nothing to do."""
        with self._mutex:
            place.lent = False
            if self._count or self._woken or place.left or self._place is not None:
                self._ring()
            else:
                self._place = place
            if place.left:
                place.back.release()

    def take(self, timeout_s: float, at_most: int, lender: object = None) -> list[Waiting]:
        """The oldest events in the order of their arrival; waits only for the first one, and not after `wake`. A
        picture is the last of those given at once, so that no second one is in the taker's hands.

        With a `lender` its place may be borrowed while it waits. It does not return before it has it back, so at any
        moment one thread stores.
        """
        place: Place | None = None
        with self._mutex:
            if not self._count and not self._woken and timeout_s > 0:
                place = self._place = Place(lender)
                self._bell.acquire(blocking=False)
        if place is not None:
            self._bell.acquire(timeout=timeout_s)
            self._leave(place)
        with self._mutex:
            self._woken = False
            return self._oldest(at_most)

    def give_back(self, taken: Sequence[Waiting]) -> None:
        """Put what `take` gave, and what could not be stored, before everything else again."""
        with self._mutex:
            for waiting in reversed(taken):
                self._given_back -= 1
                self._queues[waiting.report.priority].appendleft(waiting._replace(arrival=self._given_back))
            self._count += len(taken)
            self._keep_within()

    def pause(self, timeout_s: float) -> None:
        """Wait for the time or for `wake`; events may arrive meanwhile."""
        with self._mutex:
            if not self._woken:
                self._bell.acquire(blocking=False)
            woken, self._woken = self._woken, False
        if not woken:
            self._bell.acquire(timeout=timeout_s)
            with self._mutex:
                self._woken = False

    @property
    def dropping(self) -> bool:
        """Whether something was dropped since the last `take_losses`."""
        return self._losses.count > 0

    def take_losses(self) -> Losses:
        """What was dropped since the last call."""
        with self._mutex:
            losses, self._losses = self._losses, Losses()
            return losses

    def wake(self) -> None:
        """Let the present `take` or `pause`, or else the next one, return at once."""
        with self._mutex:
            self._woken = True
            self._ring()

    def _ring(self) -> None:
        if self._bell.locked():
            self._bell.release()

    def _leave(self, place: Place) -> None:
        with self._mutex:
            place.left = True
            if self._place is place:
                self._place = None
            lent = place.lent
        if lent:  # for one transaction; one that hangs is the taker's own hang, and seen as such
            place.back.acquire()

    def _oldest(self, at_most: int) -> list[Waiting]:
        taken: list[Waiting] = []
        filled = [queue for queue in self._queues if queue]
        if len(filled) == 1 and filled[0] is not self._queues[Priority.PICTURE]:  # the usual case
            (queue,) = filled
            taken = [queue.popleft() for _ in range(min(len(queue), at_most))]
            self._count -= len(taken)
            return taken
        while self._count and len(taken) < at_most:
            taken.append(self._pop_oldest())
            if taken[-1].report.priority == Priority.PICTURE:
                break
        return taken

    def _pop_oldest(self) -> Waiting:
        oldest: deque[Waiting] | None = None
        for queue in self._queues:
            if queue and (oldest is None or queue[0].arrival < oldest[0].arrival):
                oldest = queue
        assert oldest is not None  # the caller counts
        self._count -= 1
        return oldest.popleft()

    def _keep_within(self) -> None:
        pictures = self._queues[Priority.PICTURE]
        while len(pictures) > MOST_PICTURES:
            self._drop_from(pictures)
        while self._count > self._capacity:
            self._drop_from(next(queue for queue in reversed(self._queues) if queue))

    def _drop_from(self, queue: deque[Waiting]) -> None:
        dropped = queue.popleft()
        self._count -= 1
        self._losses.add(dropped.report.priority, dropped.now.wall_us)
        if dropped.ticket is not None:
            dropped.ticket.call("", 0)
