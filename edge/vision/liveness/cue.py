"""What a cue is: one independent reason to believe that somebody stands there, or not to.

A cue that has seen nothing says so, and nothing is not enough: only a score that passes counts for life.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edge.vision.faces import Face
from edge.vision.liveness.follow import Flow

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

    def score(self) -> float | None:
        """What the frames so far say; None without evidence."""
        ...
