"""What the broker refuses is kept back for a while, so that it neither blocks nor floods.

Over the connections: mosquitto 2.0.11 answers a PUBLISH that its access list forbids, and then closes the connection.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from edge.uplink.backoff import FullJitter

_FIRST_S, _LONGEST_S = 30.0, 600.0


@dataclass(slots=True)
class _Hold:
    jitter: FullJitter
    until: float


class Holds:
    """A refusal holds a type of event for a growing, jittered time; then it is tried again. An acceptance ends it.
    A retained topic, and that of the batches, is held by its name in the same way. `held`: what not to send now.
    """

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._holds: dict[str, _Hold] = {}
        self.held: frozenset[str] = frozenset()

    def refuse(self, event_type: str, now: float) -> bool:
        """The broker refused one of this type. Returns whether that is news."""
        if event_type in self.held:  # others of it were under way already
            return False
        news = event_type not in self._holds
        hold = self._holds.setdefault(event_type, _Hold(FullJitter(_FIRST_S, _LONGEST_S, self._uniform), 0.0))
        hold.until = now + hold.jitter.next_s()
        self.held |= {event_type}
        return news

    def accept(self, event_type: str) -> bool:
        """The broker took one of this type. Returns whether it had been refusing it."""
        if not self._holds:
            return False
        self.held -= {event_type}
        return self._holds.pop(event_type, None) is not None

    def release(self, now: float) -> bool:
        """Let the types whose time is over be tried again. Returns whether there are any."""
        if not self.held:
            return False
        over = {event_type for event_type in self.held if self._holds[event_type].until <= now}
        self.held -= over
        return bool(over)
