"""How somebody does what the voice asks for: some time later, more or less clearly, and not always right at first.

From the end of the sentence people take 0.6 to 1.5 s until they have understood and begun. One in five makes too little
of it at first, one turn in thirty goes to the wrong side; who hears nothing for two or three seconds does it again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from numpy.random import Generator

from edge.events import Gesture
from edge.rig.motion import Act

_REACTS_S = (0.6, 1.5)
_SIZE, _LASTS_S = (0.75, 1.4), (1.0, 1.9)
_SHY_SHARE, _SHY = 0.2, (0.2, 0.5)  # of first tries
_WRONG_SHARE = 1 / 30
_AGAIN_S, _AGAIN = (2.0, 3.0), 2  # after the gesture's end; how often
_OTHER_SIDE = {Gesture.TURN_LEFT: Gesture.TURN_RIGHT, Gesture.TURN_RIGHT: Gesture.TURN_LEFT}


class Answering:
    """`acts` is shared with the take that shows them; only gestures of `able` are made, `reach` times as large as by a
    head.
    """

    def __init__(self, rng: Generator, acts: list[Act], able: Collection[Gesture], reach: float = 1.0) -> None:
        self._rng = rng
        self._reach = reach
        self._acts = acts
        self._able = able

    def hear(self, gesture: Gesture, said_s: float, ends_s: float) -> None:
        """A sentence that begins and ends then asks for a gesture: what was still to be done is forgotten."""
        self._acts[:] = [act for act in self._acts if act.begins_s <= said_s]
        if gesture not in self._able:
            return
        rng = self._rng
        first = self._act(ends_s + float(rng.uniform(*_REACTS_S)), gesture)
        if rng.random() < _SHY_SHARE:
            first = replace(first, size=self._reach * float(rng.uniform(*_SHY)))
        if rng.random() < _WRONG_SHARE:
            first = replace(first, gesture=_OTHER_SIDE.get(gesture, gesture))
        self._acts.append(first)
        for _ in range(_AGAIN):
            last = self._acts[-1]
            again_s = last.begins_s + last.lasts_s + float(rng.uniform(*_AGAIN_S))
            self._acts.append(self._act(again_s, gesture))

    def _act(self, begins_s: float, gesture: Gesture) -> Act:
        size, lasts_s = self._reach * float(self._rng.uniform(*_SIZE)), float(self._rng.uniform(*_LASTS_S))
        return Act(begins_s, gesture, size, lasts_s)


def at_random(rng: Generator, length_s: float) -> list[Act]:
    """What somebody was filmed doing who did not know what would be asked for: any gesture, every few seconds."""
    acts: list[Act] = []
    begins_s = float(rng.uniform(1.5, 3.0))
    while begins_s < length_s:
        gesture = list(Gesture)[int(rng.integers(len(Gesture)))]
        acts.append(Act(begins_s, gesture, float(rng.uniform(*_SIZE)), float(rng.uniform(*_LASTS_S))))
        begins_s += acts[-1].lasts_s + float(rng.uniform(0.8, 2.4))
    return acts
