"""What a gate remembers between two events. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from edge.actions import Action
from edge.config.schema import Lock
from edge.events import AccessRule, LineState
from edge.gate.access import Attempts, Policy
from edge.gate.challenge import Challenges
from edge.gate.door import Door
from edge.gate.passback import Inside
from edge.gate.pins import Pins
from edge.gate.ways import Shown, Ways


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody who is to be let in. `data` stands in the event; `waited_s`: since they showed the first thing.

    `subject`: the person of the roster, the host for a visitor; `key`: whose cooldown it is; `source`: whose refusal it
    would be.
    """

    key: str
    subject: str
    source: int | str
    data: Mapping[str, Any]
    waited_s: float = 0.0
    slow: bool = False
    visitor: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody stands before an interlock whose other door is open. `entrant`: None for somebody who wants out, of whom
    `subject` and `by` say who it is and by what, where that is known.
    """

    entrant: Entrant | None
    until_s: float
    wide: bool = False
    subject: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class GateState:
    """All that the gate remembers between two events. `lockdown`: the office lets nobody in; `freed`: it has the door
    stand unlocked. `other_open`: the other door of the interlock, None when it cannot be known. `burning`: from an
    alarm on the fire line until it is at rest again. `unknown_cards`: when the last ones were shown. `waiting`: who
    stands before the interlock, whoever wants out first. `ways`: those that are open to some at this moment; whoever is
    refused is told of them.
    """

    door: Door = Door()
    attempts: Attempts = field(default_factory=Attempts)
    people: Mapping[str, AccessRule] = field(default_factory=lambda: MappingProxyType({}))
    shown: Shown = field(default_factory=Shown)
    challenges: Challenges = field(default_factory=Challenges)
    pins: Pins = field(default_factory=Pins)
    inside: Inside = field(default_factory=lambda: MappingProxyType({}))
    waiting: tuple[Waiting, ...] = ()
    other_open: bool | None = None
    fire: LineState = LineState.NORMAL
    fire_since_s: float = 0.0
    burning: bool = False
    unknown_cards: tuple[float, ...] = ()
    tampered: bool = False
    stopping: bool = False
    lockdown: bool = False
    ways: Ways = ()
    freed: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds at this gate."""

    lock: Lock
    policy: Policy


Outcome = tuple[GateState, tuple[Action, ...]]
