"""The kinds of presentations: somebody who comes to the gate alive, or holds something before its camera."""

from __future__ import annotations

from collections.abc import Callable

from edge.rig import attack
from edge.rig.drawn import Cast, Draw
from edge.rig.people import living
from edge.rig.takes import Take

_MAKERS: dict[str, Callable[[Cast, Draw], Take]] = {
    "live": lambda cast, by: living(cast.shown, by.camera(), by),
    "print": attack.printed,
    "bent": attack.bent,
    "cutout": attack.cutout,
    "screen": attack.screen,
    "replay": attack.replay,
}
KINDS = tuple(_MAKERS)
ATTACKS = KINDS[1:]


def make_take(kind: str, cast: Cast, by: Draw) -> Take:
    """One presentation of a kind of `KINDS`. The same draw gives the same."""
    return _MAKERS[kind](cast, by)
