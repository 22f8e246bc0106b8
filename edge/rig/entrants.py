"""Who comes to a gate that may ask for gestures, and what he makes of being asked.

Somebody alive does as asked. Whoever holds a print or a still picture tilts it where a head would turn, and blinks
behind the holes of one whose eyes are cut out. A film was made beforehand: it shows gestures, but not those asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

from edge.events import Gesture
from edge.rig.answering import Answering, at_random
from edge.rig.drawn import Cast, Draw
from edge.rig.motion import Act
from edge.rig.ranges import Ranges
from edge.rig.scenes import make_take
from edge.rig.takes import Take

_TURNS = frozenset({Gesture.TURN_LEFT, Gesture.TURN_RIGHT, Gesture.LOOK_UP})
_BEHIND_HOLES = frozenset({Gesture.BLINK})
_TILTED = 1.5  # a sheet has to be turned further than a head before it looks like one that turns


@dataclass(frozen=True, slots=True)
class Entrant:
    """A presentation and those who listen in it."""

    take: Take
    listening: tuple[Answering, ...]

    def hear(self, gesture: Gesture, said_s: float, ends_s: float) -> None:
        """See `Answering.hear`; times are those of the take."""
        for one in self.listening:
            one.hear(gesture, said_s, ends_s)


def make_entrant(kind: str, cast: Cast, ranges: Ranges, rng: Generator, length_s: float) -> Entrant:
    """A presentation of a kind of `KINDS` for `length_s`. Asked the same, the same draw gives the same."""
    acts: list[Act] = at_random(rng, length_s) if kind == "replay" else []
    tilts: list[Act] = []
    by = Draw(ranges, rng, length_s, acts=acts, tilts=tilts)
    take = make_take(kind, cast, by)
    listening = {
        "live": (Answering(rng, acts, frozenset(Gesture)),),
        "cutout": (Answering(rng, tilts, _TURNS, _TILTED), Answering(rng, acts, _BEHIND_HOLES)),
        "replay": (),
    }
    return Entrant(take, listening.get(kind, (Answering(rng, tilts, _TURNS, _TILTED),)))
