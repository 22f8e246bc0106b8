"""What can happen: the immutable vocabulary that producers put into the brain's inbox.

Vision says what it saw, drivers say what changed, the supervisor says who fell over. None of them decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from edge.bin_events import BinEvent


class PoorReason(StrEnum):
    """Why a picture of a face is not good enough; each is a phrase that can be spoken."""

    TOO_FAR = "too_far"
    TURNED_AWAY = "turned_away"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BACKLIT = "backlit"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True)
class FaceMatched:
    """A tracked face is this person, beyond the operating point. `score` is cosine less margin, [-1, 1].
    `strong`: also beyond the stricter operating point, which holds during a lock-out.
    """

    track: int
    person: str
    score: float
    threshold: float
    frames: int
    strong: bool = False


@dataclass(frozen=True, slots=True)
class FaceUnknown:
    """A tracked face was seen clearly in `frames` frames and is nobody on the roster."""

    track: int
    score: float
    threshold: float
    frames: int


@dataclass(frozen=True, slots=True)
class FacePoor:
    """A tracked face has stood there a while and no picture of it was good enough."""

    track: int
    reason: PoorReason


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """The door contact's stable level: the door leaf is open or closed."""

    open: bool


@dataclass(frozen=True, slots=True)
class ExitPressed:
    """The request-to-exit button on the inside was pressed."""


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What the decision needs to know of a person; nothing of who they are.

    `schedules`: names of configured schedules, besides those of the person's `groups`; none at all means at any
    hour. Dates are whole days in the site's time zone, both included.
    """

    person: str
    valid_from: date | None = None
    valid_until: date | None = None
    revoked: bool = False
    groups: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RosterChanged:
    """The people who have a rule here, by person id."""

    people: Mapping[str, AccessRule] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ComponentFailed:
    """A worker died, hung or lost its hardware. `fatal`: its restart budget is used up."""

    component: str
    what: str
    detail: str = ""
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class ComponentRecovered:
    """A worker that had failed works again."""

    component: str
    down_s: float


@dataclass(frozen=True, slots=True)
class OrderGiven:
    """An order of the office that the brain carries out: `unlock`, `lockdown`, `release`, `announce`, `photograph`,
    `poll`, `correct`.

    It has been verified and counted; `command` is its id, for the answer.
    """

    name: str
    command: str
    args: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ClockKnown:
    """The wall clock became known, or was set anew: an event of this boot told under an unsynchronised clock happened
    at monotonic time + `offset_us`. `was_off_us`: by how much the clock had been wrong.
    """

    bootid: str
    offset_us: int
    was_off_us: int


@dataclass(frozen=True, slots=True)
class Started:
    """The device is ready. `warnings` are said loudly (liveness missing, for one)."""

    version: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopping:
    """The device was asked to stop; the door goes safe first."""

    why: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing happened, but a deadline may have passed."""


Event = (
    FaceMatched
    | FaceUnknown
    | FacePoor
    | ContactChanged
    | ExitPressed
    | RosterChanged
    | ComponentFailed
    | ComponentRecovered
    | OrderGiven
    | ClockKnown
    | Started
    | Stopping
    | Tick
    | BinEvent
)
