"""Anti-passback: who has come in and not left cannot have come in again, so a credential was passed on. Pure.

What is known is forgotten at a restart: a power cut must not keep residents out of their house.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edge.config.schema import Access
from edge.gate.door import Door

FORGET_S = 24 * 3600.0
"""Who left by the button was seen by nobody; a day later they may come in again."""

Inside = Mapping[str, float]
"""When each person was let in, monotonic seconds."""


def offends(inside: Inside, person: str, access: Access, now_s: float) -> bool:
    """Whether this person is thought to be inside already."""
    since_s = now_s - inside.get(person, float("-inf"))
    return since_s < (access.passback_s if access.passback == "timed" else FORGET_S)


def entered(inside: Inside, person: str, access: Access, now_s: float) -> Inside:
    """Somebody was let in."""
    if access.passback == "off":
        return inside
    kept = {one: at_s for one, at_s in inside.items() if now_s - at_s < FORGET_S}
    return MappingProxyType({**kept, person: now_s})


def left(inside: Inside, person: str) -> Inside:
    """Somebody was seen to leave."""
    return MappingProxyType({one: at_s for one, at_s in inside.items() if one != person})


def settled(inside: Inside, before: Door, after: Door) -> Inside:
    """Once the lock has fallen without the leaf having moved, whoever was let in since it last did has not come in; who
    was let in while it stood open may have. Who went through a door that was free nobody knows, in a fire everybody:
    then all may come in.
    """
    if before.free and not after.free:
        return MappingProxyType({})
    missed = before.relay_on and not after.relay_on and after.leaf_open is False and after.moved_at < before.caused_at
    return MappingProxyType({p: at_s for p, at_s in inside.items() if at_s <= after.moved_at}) if missed else inside
