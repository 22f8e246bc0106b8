"""What the device lends all its parts: where to put events and reports, the clock, who hears of faults, a lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from edge.actions import Report
from edge.clock import Clock, Now
from edge.events import Event
from edge.runtime.faults import FaultDesk


class Post(Protocol):
    """Into the brain's inbox. `seen_s`: when what the event tells of happened, if not just now (monotonic). False
    when the inbox is full.
    """

    def __call__(self, event: Event, seen_s: float | None = None) -> bool: ...


class Submit(Protocol):
    """To the event store. `now`: when what the report tells of happened, if not just now."""

    def __call__(self, report: Report, now: Now | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Ground:
    """None of it blocks, but `alone`, which is held by whoever has the roster open."""

    post: Post
    submit: Submit
    clock: Clock
    faults: FaultDesk
    alone: threading.Lock
