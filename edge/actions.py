"""What can be done: the immutable vocabulary that the brain answers with, in the order to be carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any


class Lamp(StrEnum):
    """What the lamp at the gate shows."""

    OFF = "off"
    GRANTED = "granted"
    REFUSED = "refused"


class BinLamp(StrEnum):
    """What the lamp at a bin shows."""

    OFF = "off"
    GUIDE = "guide"
    WRONG = "wrong"
    FULL = "full"
    FIRE = "fire"


class Priority(IntEnum):
    """The order in which events leave the device; a smaller number goes first."""

    ALARM = 0
    ACCESS = 1
    WASTE = 2
    TELEMETRY = 3
    PICTURE = 4


@dataclass(frozen=True, slots=True)
class DriveRelay:
    """Energise (`on`) or release the lock relay. Always stated, never toggled."""

    on: bool


KEYPAD = "keypad"
"""The input itself, which is counted beside people and numbers of nobody."""


@dataclass(frozen=True, slots=True)
class CheckPin:
    """Keep `failures` on the disk, then compare a PIN; the answer is a `PinChecked` with the same ticket.

    `person`: whose, empty when the number is nobody's: then something is compared all the same, for the same time.
    `failures`: the counts as they will be if this one is wrong, so that a power cut in between gives no further try.
    """

    ticket: int
    person: str
    pin: str = field(repr=False)
    failures: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class KeepFailures:
    """Keep these counts of wrong PINs for the next start, by person id or name of the input."""

    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ShowLamp:
    """Set the lamp."""

    lamp: Lamp


@dataclass(frozen=True, slots=True)
class MoveLid:
    """Open or close the lid of a bin. One that meets something while closing goes back up by itself, in its driver."""

    bin: str
    open: bool


@dataclass(frozen=True, slots=True)
class LightBin:
    """Set the lamp of a bin."""

    bin: str
    lamp: BinLamp


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the language's own table of terms, as `recyclable` or a bin's name."""

    key: str


@dataclass(frozen=True, slots=True)
class DayTime:
    """A moment as people say it: a weekday (Monday is 0; None: today) and minutes since midnight."""

    minute: int
    weekday: int | None = None


Value = Term | DayTime | int | str


@dataclass(frozen=True, slots=True)
class Speak:
    """Say a phrase of the phrase table, cutting off an older one. An `urgent` one (an alarm) is always said whole.

    `values` fill the phrase's variables. `loud`: louder and slower, for somebody who asked for it.
    """

    phrase: str
    urgent: bool = False
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    loud: bool = False


@dataclass(frozen=True, slots=True)
class Announce:
    """Say a text of the office's, by language ("cmn", "en"), as a phrase is said."""

    texts: Mapping[str, str]
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class TakePicture:
    """Keep the newest frame, sealed to the office, as an event of its own. `why`: the event or order it belongs to."""

    why: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class KeepClip:
    """Keep the last and next few frames of the station's camera for supervision, sealed, with faces blurred. `why`:
    the type of the event that it belongs to; `about`: that event's `drop`.
    """

    why: str
    about: str


@dataclass(frozen=True, slots=True)
class KeepItem:
    """Keep the pictures of an item under the number of its drop, so that a correction can be told with them."""

    item: int
    drop: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an order: `applied`, or else why not in `reason` (a word) and `detail`."""

    command: str
    applied: bool
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """An event for the outbox: `type` as in docs/events.md, `data` JSON-ready, `subject` a person id or part."""

    type: str
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    subject: str = ""
    priority: Priority = Priority.TELEMETRY


Action = (
    DriveRelay
    | CheckPin
    | KeepFailures
    | ShowLamp
    | MoveLid
    | LightBin
    | Speak
    | Announce
    | TakePicture
    | KeepClip
    | KeepItem
    | Answer
    | Report
)
