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


class Life(StrEnum):
    """Whether a face is that of somebody who stands there: shown to be so, not shown yet, or shown not to be so."""

    LIVE = "live"
    DOUBT = "doubt"
    SPOOF = "spoof"


class Gesture(StrEnum):
    """What somebody can be asked to do before the camera. Left and right are their own."""

    BLINK = "blink"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    OPEN_MOUTH = "open_mouth"
    LOOK_UP = "look_up"


class Way(StrEnum):
    """What somebody can show at a gate: the factors of an access rule."""

    FACE = "face"
    CARD = "card"
    PIN = "pin"
    PASS = "pass"


class LineState(StrEnum):
    """A supervised input: a loop with resistors, so that a cut or a bridged wire is neither rest nor alarm."""

    NORMAL = "normal"
    ALARM = "alarm"
    OPEN = "open"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class FaceMatched:
    """A tracked face is this person, beyond the operating point. `score` is cosine less margin, [-1, 1].
    `strong`: also beyond the stricter operating point, which holds during a lock-out. `life`: what the frames since
    the last decision say about a living face; `cues`: each cue's own score. `waited_s`: since the face came into view.
    """

    track: int
    person: str
    score: float
    threshold: float
    frames: int
    strong: bool = False
    life: Life = Life.DOUBT
    cues: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class GestureBegun:
    """A tracked face is making a gesture. Whether it was one, and whose, is told by `GestureSeen` when it is over."""

    track: int
    gesture: Gesture


@dataclass(frozen=True, slots=True)
class GestureSeen:
    """A tracked face made a gesture. `person`: whose face the frames around it show, empty where that is unclear."""

    track: int
    gesture: Gesture
    person: str = ""


@dataclass(frozen=True, slots=True)
class CardShown:
    """A card was held to a reader. `person`: whose it is, empty when it is nobody's on the roster.

    `secured`: it came over a channel that nobody can record and play back (OSDP with Secure Channel). `alias`: of a
    card of nobody's, a name by which it is known again at this device and by which nobody can tell which card it was.
    `seen_s`: when the reader told of it, monotonic; None when that is not known.
    """

    person: str
    reader: str
    secured: bool = False
    alias: str = ""
    seen_s: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PinTyped:
    """Digits at the keypad, ended with #. `number` says whose PIN it is, empty when only the PIN was typed."""

    number: str
    pin: str = field(repr=False)


class PinVerdict(StrEnum):
    """What a typed PIN turned out to be. Duress: right, and typed under threat."""

    RIGHT = "right"
    WRONG = "wrong"
    DURESS = "duress"


@dataclass(frozen=True, slots=True)
class PinChecked:
    """The answer to a `CheckPin`. `person`: whose PIN was compared, empty when the number is nobody's. `opens`: False
    where it could not be counted before it was compared; then it opens nothing, whatever it was.
    """

    ticket: int
    person: str
    verdict: PinVerdict
    opens: bool = True


@dataclass(frozen=True, slots=True)
class PassShown:
    """A pass was held to the camera and read. `reason`: a word why it opens nothing, empty for a good one.

    `number`: the pass's own id. `holder`: the person of the roster who holds it or, for a visitor, who invited them;
    their access rule applies. `visitor`: it is not the holder's own. Whether it has uses left was settled by who reads
    it. `seen_s`: when the picture in which it was read was taken, as of a card.
    """

    number: str
    holder: str
    reason: str = ""
    visitor: bool = False
    seen_s: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class FaceUnknown:
    """A tracked face was seen clearly in `frames` frames and is nobody on the roster. `life`: as of a matched one, so
    that neither can be told from the other by what is asked of them.
    """

    track: int
    score: float
    threshold: float
    frames: int
    life: Life = Life.LIVE


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
class WideExitPressed:
    """The button for those who need longer was pressed, inside."""


@dataclass(frozen=True, slots=True)
class FireLineChanged:
    """The fire panel's line, once stable."""

    state: LineState


@dataclass(frozen=True, slots=True)
class TamperChanged:
    """The housing's contact, once stable."""

    open: bool


@dataclass(frozen=True, slots=True)
class OtherDoorChanged:
    """The other door of an interlock, once stable; None when it cannot be known."""

    open: bool | None


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What the decision needs to know of a person; nothing of who they are.

    `schedules`: names of configured schedules, besides those of the person's `groups`; none at all means at any
    hour. Dates are whole days in the site's time zone, both included. `ways`: this person's own factors instead of the
    configured ones, each like "face" or "card+pin". `number`: what they type before their PIN. `look_alike`: somebody
    else here has nearly the same face, so a face alone does not tell them apart. `slow`: needs the door longer.
    """

    person: str
    valid_from: date | None = None
    valid_until: date | None = None
    revoked: bool = False
    groups: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    number: str = ""
    look_alike: bool = False
    slow: bool = False


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
    | GestureBegun
    | GestureSeen
    | CardShown
    | PinTyped
    | PinChecked
    | PassShown
    | ContactChanged
    | ExitPressed
    | WideExitPressed
    | FireLineChanged
    | TamperChanged
    | OtherDoorChanged
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
