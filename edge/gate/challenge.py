"""A challenge: when the pictures alone leave doubt about a living face, it is asked for two gestures. Pure.

A doubt that was told is not taken back by waiting: a replayed film may look alive in the end. Nor do gestures alone
open anything, since a print can be tilted to a turn: they have to be made, and the pictures of them have to be clear.

Which ones cannot be foreseen: they are drawn from a secret of this start of the device, and no sequence comes again
before all the others have been asked. Blinks come by themselves and are overlooked until they are asked for; any other
gesture that was not asked for ends the challenge, since a replayed video makes gestures too, only not the right ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations
from types import MappingProxyType

from edge.events import FaceMatched, FaceUnknown, Gesture

GESTURE_S = 10.0
"""To hear the request (at most 2 s a language), understand it, do it, and do it again if it was too little."""
HEARD_S = 1.5
"""What is seen earlier than this after a request was begun before anybody could have heard it, and is no answer."""
CLEAR_S = 5.0
"""From the last gesture. A match follows it at once, and pictures count for 3 s; some are clear only after that."""
MOST_TRIES = 2  # for one face; then it rests
REST_S = 30.0
_TURNS = {Gesture.TURN_LEFT, Gesture.TURN_RIGHT}
SEQUENCES = tuple(pair for pair in permutations(Gesture, 2) if set(pair) & _TURNS)
"""In each the head turns to a side at least once, which shows its depth best."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a face was asked for. `face`: what is decided about it once it has done so. `told`: for how many of the
    gestures the voice has asked, the last time at `told_s`; one more than were done, or two while the one before is
    being made. `clear`: the last match that was alive, told since it turned its head as asked. Times are monotonic.
    """

    face: FaceMatched | FaceUnknown
    gestures: tuple[Gesture, ...]
    since_s: float
    until_s: float
    told_s: float
    told: int = 1
    done: int = 0
    clear: FaceMatched | None = None

    @property
    def met(self) -> bool:
        """Whether everything was done."""
        return self.done == len(self.gestures)

    @property
    def wanted(self) -> Gesture:
        """What the voice has asked for last."""
        return self.gestures[self.told - 1]

    @property
    def ahead(self) -> bool:
        """Whether the voice has asked for the next gesture while this one was being made."""
        return self.told > self.done + 1


@dataclass(frozen=True, slots=True)
class Challenges:
    """The one challenge that is going on, and what was before. `secret`: drawn anew at each start.

    `tries`: how often a face (track) was challenged in vain, and when last. `used`: the sequences of this round.
    """

    secret: bytes = field(default=b"", repr=False)
    asked: Asked | None = None
    drawn: int = 0
    used: tuple[tuple[Gesture, ...], ...] = ()
    tries: Mapping[int, tuple[int, float]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def request(self) -> tuple[int, int, float] | None:
        """What was asked for last, and when. Another one than before is to be spoken."""
        return (self.drawn, self.asked.told, self.asked.told_s) if self.asked is not None else None

    def tried(self, track: int, now_s: float) -> int:
        """How often this face was asked in vain lately."""
        count, last_s = self.tries.get(track, (0, float("-inf")))
        return count if now_s - last_s < REST_S else 0


def begin(state: Challenges, face: FaceMatched | FaceUnknown, now_s: float) -> Challenges:
    """Ask this face; the first gesture, `asked.wanted`, is to be told."""
    used = state.used if len(state.used) < len(SEQUENCES) else state.used[-1:]  # nor twice running at a round's end
    left = [sequence for sequence in SEQUENCES if sequence not in used]
    digest = hashlib.sha256(state.secret + state.drawn.to_bytes(8, "big")).digest()
    sequence = left[int.from_bytes(digest[:8], "big") % len(left)]
    asked = Asked(face, sequence, now_s, now_s + GESTURE_S, told_s=now_s)
    return replace(state, asked=asked, drawn=state.drawn + 1, used=(*used, sequence))


def begun(state: Challenges, making: Gesture, now_s: float) -> Challenges:
    """The asked face is seen to make a gesture. When it is the one asked for, the voice asks for the next one already:
    a gesture counts when it is over and its face is known, which takes a second more than to see what it is.
    """
    asked = state.asked
    assert asked is not None
    heard = making is asked.wanted and now_s >= asked.told_s + HEARD_S
    if not heard or asked.told == len(asked.gestures):
        return state
    return replace(state, asked=_told(asked, asked.told + 1, now_s))


def gesture(state: Challenges, made: Gesture, now_s: float) -> tuple[Challenges, bool | None]:
    """The asked face made a gesture: True when that was the last one, False when it was a wrong one, None otherwise."""
    asked = state.asked
    assert asked is not None
    if asked.met or (not asked.ahead and now_s < asked.told_s + HEARD_S):
        return state, None
    if made == asked.gestures[asked.done]:
        asked = replace(asked, done=asked.done + 1)
        asked = replace(asked, until_s=now_s + (CLEAR_S if asked.met else GESTURE_S))
        if asked.told == asked.done < len(asked.gestures):
            asked = _told(asked, asked.told + 1, now_s)
        return replace(state, asked=asked), True if asked.met else None
    if made is Gesture.BLINK or made in asked.gestures[: asked.done]:  # the head turns back, an eye opens late
        return state, None
    if asked.ahead and made is asked.wanted:  # as it was asked to; what it had begun before came to nothing
        return again(state, made, now_s), None
    return state, False


def again(state: Challenges, made: Gesture, now_s: float) -> Challenges:
    """`made` does not count. Where the voice has gone on already, it goes back to the gesture that is still owed."""
    asked = state.asked
    assert asked is not None
    back = asked.ahead and made in asked.gestures[asked.done : asked.told]
    return replace(state, asked=_told(asked, asked.done + 1, now_s)) if back else state


def _told(asked: Asked, told: int, now_s: float) -> Asked:
    return replace(asked, told=told, told_s=now_s)


def recognised(state: Challenges, face: FaceMatched, now_s: float) -> Challenges:
    """The asked face was nobody's so far. What it was asked for stays, but what it did until now nobody known has done:
    then it is asked anew.
    """
    asked = state.asked
    assert asked is not None
    return begin(state, face, now_s) if asked.done else replace(state, asked=replace(asked, face=face, since_s=now_s))


def cleared(state: Challenges, face: FaceMatched) -> Challenges:
    """The pictures of the asked face are clear; that counts from the first turn that it was asked for on. Who only
    stands there and blinks, while what he holds before his face trembles, has shown nothing yet.
    """
    asked = state.asked
    assert asked is not None
    turned = bool(_TURNS & set(asked.gestures[: asked.done]))
    return replace(state, asked=replace(asked, clear=face)) if turned else state


def failed(state: Challenges, now_s: float) -> Challenges:
    """The challenge ended in vain."""
    assert state.asked is not None
    track = state.asked.face.track
    recent = {one: tried for one, tried in state.tries.items() if now_s - tried[1] < REST_S}
    count = recent.get(track, (0, 0.0))[0] + 1
    return replace(state, asked=None, tries=MappingProxyType({**recent, track: (count, now_s)}))


def ended(state: Challenges) -> Challenges:
    """It is over, whatever came of it."""
    return replace(state, asked=None)
