"""Whether a genuine pass opens here and now. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from edge.clock import Now
from edge.passes.token import Pass


@dataclass(frozen=True, slots=True)
class Place:
    """Where the gate stands: the configuration's `[device] site` and `[office] zone`."""

    site: str
    zone: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the gates know of a pass by its number: how often it was `used` at all of them, and whether `revoked`."""

    used: int = 0
    revoked: bool = False


def refusal(shown: Pass, place: Place, known: Known, now: Now) -> str:
    """Why this pass opens nothing here and now, or an empty string when it is good.

    One of: wrong_site, wrong_zone, revoked, clock (it has dates, and the wall clock cannot be trusted), not_yet_valid,
    expired, used_up. What can be told without a clock comes first.
    """
    if shown.site != place.site:
        return "wrong_site"
    if shown.zones and place.zone not in shown.zones:
        return "wrong_zone"
    if known.revoked:
        return "revoked"
    dated = shown.not_before is not None or shown.expires is not None
    if dated and not now.trusted:
        return "clock"
    if shown.not_before is not None and now.wall_us < shown.not_before * 1_000_000:
        return "not_yet_valid"
    if shown.expires is not None and now.wall_us >= shown.expires * 1_000_000:
        return "expired"
    if shown.uses is not None and known.used >= shown.uses:
        return "used_up"
    return ""
