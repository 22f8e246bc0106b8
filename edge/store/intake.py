"""Where events wait for the disk: bounded, in order, and the least important goes first when there is no room."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from edge.actions import Priority, Report
from edge.clock import Now


@dataclass(slots=True)
class Losses:
    """Events that could not be kept: how many of each priority, and the span of their wall clock."""

    by_priority: Counter[Priority] = field(default_factory=Counter)
    first_us: int = 0
    last_us: int = 0

    @property
    def count(self) -> int:
        return self.by_priority.total()

    def add(self, priority: Priority, wall_us: int) -> None:
        if not self.count:
            self.first_us = wall_us
        self.last_us = wall_us
        self.by_priority[priority] += 1


class _Waiting(NamedTuple):
    arrival: int
    report: Report
    now: Now


class Intake:
    """At most `capacity` events. Beyond that the oldest of the lowest priority is dropped and entered into the
    losses, so an alarm is only dropped when nothing but alarms is left. Every call takes constant time per event.
    """

    def __init__(self, capacity: int) -> None:
        self._ready = threading.Condition()
        self._queues: dict[Priority, deque[_Waiting]] = {priority: deque() for priority in Priority}
        self._capacity = capacity
        self._count = 0
        self._arrivals = 0
        self._given_back = 0  # counts down, so that it sorts before every arrival
        self._woken = False
        self._losses = Losses()

    def __len__(self) -> int:
        return self._count

    def put(self, report: Report, now: Now) -> None:
        with self._ready:
            self._arrivals += 1
            self._queues[report.priority].append(_Waiting(self._arrivals, report, now))
            self._count += 1
            if self._count > self._capacity:
                self._drop_one()
            self._ready.notify()

    def take(self, timeout_s: float, at_most: int) -> list[tuple[Report, Now]]:
        """The oldest events in the order of their arrival; waits only for the first one, and not after `wake`."""
        with self._ready:
            if not self._count and not self._woken:
                self._ready.wait(timeout_s)
            self._woken = False
            return [self._pop_oldest() for _ in range(min(at_most, self._count))]

    def give_back(self, taken: Sequence[tuple[Report, Now]]) -> None:
        """Put what `take` gave, and what could not be stored, before everything else again."""
        with self._ready:
            for report, now in reversed(taken):
                self._given_back -= 1
                self._queues[report.priority].appendleft(_Waiting(self._given_back, report, now))
            self._count += len(taken)
            while self._count > self._capacity:
                self._drop_one()

    def pause(self, timeout_s: float) -> None:
        """Wait for the time or for `wake`; events may arrive meanwhile."""
        with self._ready:
            self._ready.wait_for(lambda: self._woken, timeout_s)
            self._woken = False

    @property
    def dropping(self) -> bool:
        """Whether something was dropped since the last `take_losses`."""
        return self._losses.count > 0

    def take_losses(self) -> Losses:
        """What was dropped since the last call."""
        with self._ready:
            losses, self._losses = self._losses, Losses()
            return losses

    def wake(self) -> None:
        """Let the present `take`, or else the next one, return at once."""
        with self._ready:
            self._woken = True
            self._ready.notify_all()

    def _pop_oldest(self) -> tuple[Report, Now]:
        queue = min((q for q in self._queues.values() if q), key=lambda q: q[0].arrival)
        self._count -= 1
        oldest = queue.popleft()
        return oldest.report, oldest.now

    def _drop_one(self) -> None:
        queue = next(self._queues[priority] for priority in reversed(Priority) if self._queues[priority])
        dropped = queue.popleft()
        self._count -= 1
        self._losses.add(dropped.report.priority, dropped.now.wall_us)
