"""Every phrase that a device can be asked for: which role needs it, and with what it is filled in."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from edge.events import Gesture, PoorReason, Way


class Kind(StrEnum):
    """What a variable stands for. Categories and ways in are few and known beforehand; the others are met when they
    come.
    """

    CATEGORY = "category"
    WAYS = "ways"
    TIME = "time"
    METRES = "metres"
    NAME = "name"


Variables = Mapping[str, Kind]

_NONE: Variables = MappingProxyType({})
_CATEGORY: Variables = MappingProxyType({"category": Kind.CATEGORY})
_WAYS: Variables = MappingProxyType({"ways": Kind.WAYS})
_TIME: Variables = MappingProxyType({"time": Kind.TIME})

GATE: Mapping[str, Variables] = MappingProxyType(
    dict.fromkeys(
        (
            "granted",
            *(f"do_{gesture.value}" for gesture in Gesture),  # a time runs from the moment that they are asked for
            "refused_unknown",
            *(f"poor_{reason.value}" for reason in PoorReason),
            "refused_schedule",
            "refused_expired",
            "refused_revoked",
            "refused_locked_out",
            "refused_clock",
            "refused_challenge",
            "refused_face_else",
            "refused_challenge_else",
            "refused_locked_out_else",
            *(f"need_{way.value}" for way in Way),
            "need_number",
            "refused_pass_expired",
            "refused_pass_not_yet_valid",
            "refused_pass_used_up",
            "refused_pass_elsewhere",
            "refused_pass_unreadable",
            "refused_passback",
            "refused_interlock",
            "wait_other_door",
            "refused_lockdown",
            "door_held_warning",
            "door_held_alarm",
            "door_forced",
            "fire_free",
            "fault",
            "exit",
        ),
        _NONE,
    )
    | dict.fromkeys(("refused_face_else", "refused_challenge_else", "refused_locked_out_else"), _WAYS)
)
"""A gate's phrases, the one needed soonest first: in this order they are rendered on a new device."""

STATION: Mapping[str, Variables] = MappingProxyType(
    {
        "sort_into": _CATEGORY,
        "sort_unknown": _NONE,
        "sort_ask": _CATEGORY,
        "sort_either": MappingProxyType({"first": Kind.CATEGORY, "second": Kind.CATEGORY}),
        "sort_mixed": _NONE,
        "sort_elsewhere": _CATEGORY,
        "wrong_bin": MappingProxyType({"right": Kind.CATEGORY}),
        "station_greeting": _NONE,
        "fire_warning": _NONE,
        "fire_closed": _NONE,
        "station_thanks": _NONE,
        "bin_full": _NONE,
        "bin_full_other": MappingProxyType({"station": Kind.NAME, "walk_m": Kind.METRES}),
        "bin_emptied_by": _TIME,
        "closed": _NONE,
        "closed_until": _TIME,
        "lid_blocked": _NONE,
        "poll_thanks": _NONE,
        "corrected_thanks": _NONE,
        "loud_on": _NONE,
    }
)
"""A waste station's phrases, in the same order; those of `edge.waste.phrases`."""

ROLES: Mapping[str, Mapping[str, Variables]] = MappingProxyType({"gate": GATE, "bin": STATION})
"""The phrases by role of the device."""

PHRASES: Mapping[str, Variables] = MappingProxyType({**GATE, **STATION})

MAY_BE_EMPTY = frozenset({"exit"})

FIRE = frozenset({"fire_warning", "fire_free"})
"""Said before every other alarm, and cutting it off: who hears it has to run."""

CATEGORIES = ("recyclable", "hazardous", "kitchen", "other")
"""The categories of GB/T 19095-2019, by the names of their terms."""


WAYS: Mapping[str, tuple[Way, ...]] = MappingProxyType(
    {
        "_".join(("way", *ways)): ways
        for count in (1, 2, 3)
        for ways in itertools.combinations(Way, count)
        if not {Way.FACE, Way.PIN} <= set(ways)
    }
)
"""What else somebody may show, by the name of its term: never both a face and a PIN, one of which was refused."""


def finite(variables: Variables) -> bool:
    """Whether all ways to fill in a phrase are known beforehand, so that they are rendered ahead."""
    return all(kind in (Kind.CATEGORY, Kind.WAYS) for kind in variables.values())


def suggestion(key: str, known: Iterable[str] = PHRASES) -> str:
    """What somebody may have meant who wrote `key`."""
    names = tuple(known)
    close = difflib.get_close_matches(key, names, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
