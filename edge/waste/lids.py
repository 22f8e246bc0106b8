"""The lids: when each is wanted open, and that none closes on a hand. Pure.

A lid is open because of something (an item, a button, a start), for a while after the last cause. It is told to close
only while no hand is in the opening. The driver reverses one that meets something all the same, and says `blocked`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.actions import Action, MoveLid, Priority, Report
from edge.bin_events import LidPosition

HAND_CLEAR_S = 2.0
"""A lid waits so long after a hand has left."""

RETRY_S = 5.0
TRIES = 3
"""So often a blocked lid is tried again at once; then it stays open, and is tried only now and then."""

PATIENCE_S = 600.0

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Lid:
    """What is wanted of one lid. `close_at`: monotonic seconds; NEVER: it stays open. `told_open`: the last order."""

    told_open: bool = False
    close_at: float = 0.0
    hand: bool = False
    tries: int = 0
    position: LidPosition | None = None

    @property
    def up(self) -> bool:
        """Whether it is not known to be shut, if it is driven at all."""
        return self.told_open or self.position in (LidPosition.MOVING, LidPosition.OPEN, LidPosition.BLOCKED)

    def deadline(self) -> float | None:
        """When it is to be closed, if it is."""
        return self.close_at if self.told_open and not self.hand and self.close_at != NEVER else None


Outcome = tuple[Lid, tuple[Action, ...]]


def open_for(lid: Lid, name: str, until: float) -> Outcome:
    """Open it, or keep it open, at least until then. Stated even when it is open: a servo may have been pushed."""
    close_at = max(lid.close_at, until) if lid.told_open else until
    return replace(lid, told_open=True, close_at=close_at), (MoveLid(name, open=True),)


def close_soon(lid: Lid, now_s: float) -> Lid:
    """Let it close as soon as no hand is in the way: a fire, or nothing more to wait for."""
    return replace(lid, close_at=now_s)


def shut(lid: Lid, name: str, now_s: float) -> Outcome:
    """Close it whatever was told before; with a hand in it as soon as that has left. One that is shut stays so: whoever
    has opened it meanwhile will tell.
    """
    if lid.hand and lid.position is LidPosition.CLOSED and not lid.told_open:
        return lid, ()
    if lid.hand:
        return replace(lid, told_open=True, close_at=now_s), ()
    return replace(lid, told_open=False), (MoveLid(name, open=False),)


def advance(lid: Lid, name: str, now_s: float) -> Outcome:
    """Whatever the passing of time brings."""
    deadline = lid.deadline()
    if deadline is None or now_s < deadline:
        return lid, ()
    return replace(lid, told_open=False), (MoveLid(name, open=False),)


def hand_moved(lid: Lid, name: str, present: bool, now_s: float) -> Outcome:
    """A hand came into the opening, or left. One that comes while the lid closes opens it again."""
    if not present:
        return replace(lid, hand=False, close_at=max(lid.close_at, now_s + HAND_CLEAR_S)), ()
    if lid.told_open or lid.position is LidPosition.CLOSED:
        return replace(lid, hand=True), ()
    return replace(lid, hand=True, told_open=True, close_at=now_s + HAND_CLEAR_S), (MoveLid(name, open=True),)


def seen_again(lid: Lid, until: float) -> Lid:
    """The wires could not be reached for a while, and an order to close may be lost: it is given again."""
    return lid if lid.position is LidPosition.CLOSED else replace(lid, told_open=True, close_at=until)


def moved(lid: Lid, name: str, position: LidPosition, now_s: float) -> Outcome:
    """The lid's place changed."""
    lid = replace(lid, position=position)
    if position is LidPosition.CLOSED:
        # The order stands: a lid that has just been told to open may not have left its end switch yet.
        return replace(lid, tries=0), ()
    if position is LidPosition.OPEN and not lid.told_open:  # by hand, or by whoever made the wires safe
        return replace(lid, told_open=True, close_at=now_s + RETRY_S), ()
    if position is not LidPosition.BLOCKED:
        return lid, ()
    tries = min(lid.tries + 1, TRIES + 1)
    close_at = now_s + (RETRY_S if tries < TRIES else PATIENCE_S)
    lid = replace(lid, told_open=True, close_at=close_at, tries=tries)
    opened: tuple[Action, ...] = (MoveLid(name, open=True),)
    if tries > TRIES:  # told already
        return lid, opened
    data = {"bin": name, "tries": tries, "stays_open": tries == TRIES}
    return lid, (*opened, Report("lid.blocked", data, name, Priority.ALARM))
