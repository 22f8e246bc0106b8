"""The cues of one face, fused: all must pass before it counts as living.

Independent cues are worth their product only if none can be outvoted, so there is no weighing. What is not known is
a doubt, never a yes; whoever is in doubt can be asked for a gesture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from edge.events import Life
from edge.vision.faces import Face
from edge.vision.liveness.border import Border
from edge.vision.liveness.cue import Cue, Seen
from edge.vision.liveness.figure import Figure
from edge.vision.liveness.follow import Follower
from edge.vision.liveness.geometry import Geometry
from edge.vision.liveness.life import SignsOfLife
from edge.vision.liveness.surface import Surface
from edge.vision.liveness.surroundings import Surroundings
from edge.vision.liveness.view import EmptyView


@dataclass(frozen=True, slots=True)
class Evidence:
    """`life`: the verdict; `cues`: each cue's own score, [0, 1]; those without evidence are missing."""

    life: Life
    cues: Mapping[str, float]


def default_cues(more: Callable[[], Sequence[Cue]] = tuple) -> list[Cue]:
    """The cues where nothing is known but the frames of the face, as at an enrolment. `more` as for `gate_cues`."""
    return [Geometry(), Surroundings(), Border(), Surface(), SignsOfLife(), *more()]


def gate_cues(view: EmptyView, more: Callable[[], Sequence[Cue]] = tuple) -> list[Cue]:
    """The cues of a camera that has seen what it looks at when nobody is there; without that nobody passes. `more`
    makes those that only some gates have.
    """
    return [Geometry(), Figure(view), Surface(), SignsOfLife(), *more()]


class Liveness:
    """What the frames of one track say about life. Pure but for its own memory; not for two threads at once.

    `cues` makes the cues anew: after a break (nobody saw the face for a while, its texture was lost, the clock went
    backwards) all evidence is void, since something else may have been put in its place. `around`: whether one of them
    asks what the face's surroundings did.
    """

    def __init__(self, cues: Callable[[], Sequence[Cue]] = default_cues, *, around: bool = True) -> None:
        self._make = cues
        self._cues = list(cues())
        self._follower = Follower(around=around)

    def observe(self, face: Face, now_s: float) -> None:
        """One frame that was looked at, taken at `now_s` (monotonic seconds)."""
        sound = bool(np.isfinite(face.points).all())
        flow = self._follower.observe(face, now_s) if sound else None
        if flow is None:  # also where there was no thread: two faces cut off by the picture's edge may be two things
            self._cues = list(self._make())
        if not sound:
            return  # points that are no numbers are nobody's face
        for cue in self._cues:
            cue.observe(Seen(face, flow, now_s))

    def verdict(self) -> Evidence:
        """What the frames up to now say."""
        scores = {cue.name: score for cue in self._cues if (score := cue.score()) is not None}
        return Evidence(fuse(self._cues, scores), MappingProxyType({n: round(s, 3) for n, s in scores.items()}))


def at_the_gate(view: EmptyView, more: Callable[[], Sequence[Cue]] = tuple) -> Liveness:
    """The liveness of one face before a fixed camera."""
    return Liveness(partial(gate_cues, view, more), around=False)


def at_an_enrolment(more: Callable[[], Sequence[Cue]]) -> Liveness:
    """The liveness of one face of which nothing is known but its frames. `more` has no default: who is enrolled has to
    show whatever the gate asks for.
    """
    return Liveness(partial(default_cues, more))


def fuse(cues: Sequence[Cue], scores: Mapping[str, float]) -> Life:
    """SPOOF where one cue is clear about it, LIVE where all pass, DOUBT otherwise; a score that is no number, or is
    missing, passes nowhere.
    """
    known = [(cue, scores[cue.name]) for cue in cues if cue.name in scores]
    if any(score <= cue.fails for cue, score in known):
        return Life.SPOOF
    if cues and len(known) == len(cues) and all(score >= cue.passes for cue, score in known):
        return Life.LIVE
    return Life.DOUBT
