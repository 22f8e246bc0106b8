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


@dataclass(frozen=True, slots=True)
class ShowLamp:
    """Set the lamp."""

    lamp: Lamp


@dataclass(frozen=True, slots=True)
class Speak:
    """Say a phrase of the phrase table, cutting off an older one. An `urgent` one (an alarm) is always said whole."""

    phrase: str
    urgent: bool = False


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


Action = DriveRelay | ShowLamp | Speak | Announce | TakePicture | Answer | Report
