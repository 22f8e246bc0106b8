"""What a cue is: one independent reason to believe that somebody stands there, or not to.

A cue that has seen nothing says so, and nothing is not enough: only a score that passes counts for life.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from edge.vision.faces import Face
from edge.vision.liveness.flow import Flow

UNKNOWN = 0.5
"""The score of a cue that has no evidence yet."""
EVIDENCE_S = 3.0
"""How long a piece of evidence counts. Longer than any passive decision, shorter than it takes to change the object."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame's face, taken at `now_s` (monotonic seconds); `flow` is None where it could not be followed into it."""

    face: Face
    flow: Flow | None
    now_s: float


class Cue(Protocol):
    """`name` is a word for programs. Scores are [0, 1]; from `passes` on the cue speaks for life, up to `fails`
    clearly against it, between them it is in doubt.
    """

    name: str
    passes: float
    fails: float

    def observe(self, seen: Seen) -> None:
        """One frame that was looked at."""
        ...

    def score(self) -> float:
        """What the frames so far say; UNKNOWN without evidence."""
        ...


class Evidence:
    """Values of the last `EVIDENCE_S` seconds; a clock that goes backwards begins anew."""

    def __init__(self) -> None:
        self._values: deque[tuple[float, float]] = deque(maxlen=128)

    def add(self, value: float, now_s: float) -> None:
        """Only finite numbers are evidence."""
        self.forget(now_s)
        if value == value and abs(value) != float("inf"):
            self._values.append((now_s, value))

    def forget(self, now_s: float) -> None:
        """Drop what is too old."""
        if self._values and now_s < self._values[-1][0]:
            self._values.clear()
        while self._values and now_s - self._values[0][0] > EVIDENCE_S:
            self._values.popleft()

    def values(self) -> list[float]:
        return [value for _, value in self._values]

    def best(self, count: int) -> float | None:
        """The mean of the `count` greatest values; None while there are fewer."""
        if len(self._values) < count:
            return None
        return sum(sorted(self.values())[-count:]) / count
