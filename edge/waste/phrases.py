"""Every phrase that a station says, with the names of its variables; a test holds the tables of the voice to it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PHRASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "station_greeting": (),
        "station_thanks": (),
        "sort_into": ("category",),
        "sort_ask": ("category",),
        "sort_either": ("first", "second"),
        "sort_mixed": (),
        "sort_unknown": (),
        "sort_elsewhere": ("category",),
        "wrong_bin": ("right",),
        "bin_full": (),
        "bin_full_other": ("station", "walk_m"),
        "bin_emptied_by": ("time",),
        "closed_until": ("time",),
        "closed_for_now": (),
        "fire_warning": (),
        "fire_closed": (),
        "lid_blocked": (),
        "poll_thanks": (),
        "corrected_thanks": (),
        "loud_on": (),
    }
)
