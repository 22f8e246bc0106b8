"""What waits to be said: a short queue that never blocks and knows what may be forgotten.

A prompt is worth something for seconds only. So when the queue is full the oldest prompt that is not urgent
goes, a prompt that waited too long is not said any more, and the same prompt twice is one prompt.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from edge.voice.catalogue import FIRE
from edge.voice.utterance import Line

STALE_S = 10.0
"""A prompt that is not urgent is not begun after this long: whoever it was meant for has gone."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is to be said as one: the `lines` one after the other. An `urgent` one is said whole, a `loud` one at its
    loudest.
    """

    phrase: str
    lines: tuple[Line, ...] = ()
    urgent: bool = False
    loud: bool = False

    @property
    def rank(self) -> int:
        """What goes first: 0 fire, 1 any other alarm, 2 all the rest."""
        return 2 if not self.urgent else int(self.phrase not in FIRE)

    def same(self, other: Prompt) -> bool:
        """Whether the other one says the same."""
        return (self.phrase, self.lines) == (other.phrase, other.lines)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A prompt and when it was accepted, on the monotonic clock."""

    prompt: Prompt
    since_s: float


class Pending:
    """At most `capacity` prompts, by rank. `dropped` counts those forgotten, `merged` repetitions."""

    def __init__(self, capacity: int) -> None:
        self._ready = threading.Condition()
        self._waiting: list[Waiting] = []
        self._capacity = capacity
        self._news = False
        self.dropped = 0
        self.merged = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, prompt: Prompt, now_s: float) -> bool:
        """Accept a prompt; False when it was the one to be forgotten (full of urgent ones)."""
        with self._ready:
            again = next((one for one in self._waiting if one.prompt.same(prompt)), None)
            if again is not None and (again.prompt.urgent or not prompt.urgent):
                self.merged += 1
                return True
            if again is not None:  # it has become urgent
                self.merged += 1
                self._waiting.remove(again)
            if len(self._waiting) >= self._capacity and not self._forget_oldest():
                self.dropped += 1
                return False
            behind = sum(one.prompt.rank <= prompt.rank for one in self._waiting)
            self._waiting.insert(behind, Waiting(prompt, now_s))
            self._news = True
            self._ready.notify_all()
            return True

    def put_back(self, interrupted: Waiting) -> None:
        """It has its turn again before all others of its rank. One more than `capacity` may wait then."""
        with self._ready:
            behind = sum(one.prompt.rank < interrupted.prompt.rank for one in self._waiting)
            self._waiting.insert(behind, interrupted)

    def take(self, now_s: float) -> Waiting | None:
        """The next prompt to be said; forgets those that waited too long."""
        with self._ready:
            while self._waiting:
                one = self._waiting.pop(0)
                if one.prompt.urgent or now_s - one.since_s <= STALE_S:
                    return one
                self.dropped += 1
            return None

    @property
    def first(self) -> Prompt | None:
        """The prompt that would be taken next, if one waits."""
        with self._ready:
            return self._waiting[0].prompt if self._waiting else None

    def wait(self, timeout_s: float) -> None:
        """Return when something came since the last call, when `wake` was called, or after `timeout_s`."""
        with self._ready:
            if not self._news:
                self._ready.wait(timeout_s)
            self._news = False

    def wake(self) -> None:
        with self._ready:
            self._news = True
            self._ready.notify_all()

    def _forget_oldest(self) -> bool:
        for one in self._waiting:
            if not one.prompt.urgent:
                self._waiting.remove(one)
                self.dropped += 1
                return True
        return False
