"""Drops: what the camera, the light barrier and the scale say of one thing that fell in becomes one event. Pure.

Each sense tells of a drop once. Two of them within a short time tell of the same thing; the same sense twice tells of
two things.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from edge.waste.verdict import Kind, Verdict

Sense = Literal["camera", "beam", "scale"]

SAME_S = 1.5
"""What a second sense says within this time is about the same drop: the fall takes half a second, a scale settles in
one."""

NOT_SEEN = Verdict(Kind.NOTHING)


@dataclass(frozen=True, slots=True)
class Drop:
    """Something that fell into a bin and is not told yet. `number`: its name in events, unique for the device. `item`:
    as the eyes count them, -1 where they saw none.
    """

    number: str
    bin: str
    at_s: float
    senses: tuple[Sense, ...]
    verdict: Verdict = NOT_SEEN
    item: int = -1
    load_g: float | None = None

    @property
    def due_at(self) -> float:
        """When no other sense will add anything."""
        return self.at_s + SAME_S


def same(drops: tuple[Drop, ...], name: str, sense: Sense, now_s: float) -> Drop | None:
    """The waiting drop that this sense tells of, too."""
    return next(
        (one for one in drops if one.bin == name and sense not in one.senses and now_s - one.at_s <= SAME_S), None
    )


def noticed(drop: Drop, sense: Sense, verdict: Verdict, item: int, load_g: float | None) -> Drop:
    """The same drop, with what another sense knows of it."""
    known = drop.verdict if verdict.kind is Kind.NOTHING else verdict
    return replace(
        drop,
        senses=(*drop.senses, sense),
        verdict=known,
        item=item if item >= 0 else drop.item,
        load_g=drop.load_g if load_g is None else load_g,
    )
