"""A station to be told stories, with level rules that simply say what they were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from edge.actions import Action, LightBin, MoveLid, Report, Speak
from edge.bin_events import LevelRead, Look
from edge.clock import Now
from edge.config.cameras import FolderCamera
from edge.config.station import Bin, Hours, Neighbour, Station
from edge.config.wiring import SimulatedLid, StationWiring
from edge.events import Event
from edge.waste.decision import Station as Core
from edge.waste.hours import DeliveryHours
from edge.waste.rules import Rules
from edge.waste.state import StationState
from edge.waste.verdict import Kind, Verdict

MONDAY_NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
CAMERA = FolderCamera("folder", path=None)  # type: ignore[arg-type]
LID = SimulatedLid("simulated")
BINS: Mapping[str, Bin] = {
    "paper": Bin("recyclable", lid=LID),
    "paper-2": Bin("recyclable", lid=LID),
    "kitchen": Bin("kitchen", lid=LID),
    "hazard": Bin("hazardous", lid=LID),
    "other": Bin("other", lid=LID),
}
STATION = Station(
    camera=CAMERA,
    wiring=StationWiring(simulated=True),
    neighbours={
        "far": Neighbour({"en": "the north gate"}, 400.0),
        "near": Neighbour({"en": "the fountain"}, 90.0),
    },
)


def at(mono_s: float, wall: datetime = MONDAY_NOON, *, trusted: bool = True) -> Now:
    return Now(mono_s, round(wall.timestamp() * 1e6 + mono_s * 1e6), trusted=trusted)


@dataclass(frozen=True)
class PlainLevels:
    """Percent as the last reading's distance says it; full from 90."""

    def first(self) -> float | None:
        return None

    def read(
        self, _state: Any, event: LevelRead, _now: Now, *, lid_open: bool = False
    ) -> tuple[Any, tuple[Action, ...]]:
        assert lid_open in (True, False)
        return (event.reading.distance_mm if event.reading else None), ()

    def dropped(self, state: Any, _now: Now) -> Any:
        return state

    def tick(self, state: Any, _now: Now) -> tuple[Any, tuple[Action, ...]]:
        return state, ()

    def next_deadline(self, _state: Any) -> float | None:
        return None

    def percent(self, state: Any) -> float | None:
        return None if state is None else float(state)

    def full(self, state: Any) -> bool:
        return state is not None and state >= 90.0


def judge(looks: Sequence[Look], parts: int) -> Verdict:
    """Believes the first look: its likeliest class is the category; below 0.7 it is not sure."""
    if parts > 1:
        return Verdict(Kind.MIXED)
    if not looks:
        return Verdict(Kind.NOTHING)
    if not looks[0].familiar:
        return Verdict(Kind.UNKNOWN)
    ranked = sorted(looks[0].probabilities.items(), key=lambda one: -one[1])
    name, probability = ranked[0]
    if probability < 0.7:
        return Verdict(Kind.UNSURE, probability=probability, choices=(name, ranked[1][0]))
    return Verdict(Kind.SURE, name, "thing", probability)


def look(**probabilities: float) -> tuple[Look, ...]:
    return (Look(probabilities),)


def rules(station: Station = STATION, bins: Mapping[str, Bin] = BINS, *, identifies: bool = False) -> Rules:
    return Rules(
        station,
        bins,
        {name: PlainLevels() for name in bins},
        DeliveryHours(station, "Asia/Shanghai"),
        judge,
        "boot",
        identifies,
    )


def buttonless(station: Station = STATION) -> Station:
    return replace(station, wiring=StationWiring())


@dataclass
class Story:
    """A station and what it did, told event by event."""

    rules: Rules = field(default_factory=rules)

    def __post_init__(self) -> None:
        self.core = Core(self.rules)
        self.state: StationState = self.core.first()

    def tell(self, event: Event, now: Now | float) -> list[Action]:
        now = at(now) if isinstance(now, int | float) else now
        self.state, actions = self.core.step(self.state, event, now)
        return list(actions)


def said(actions: Sequence[Action]) -> list[str]:
    return [action.phrase for action in actions if isinstance(action, Speak)]


def lids(actions: Sequence[Action]) -> list[tuple[str, bool]]:
    return [(action.bin, action.open) for action in actions if isinstance(action, MoveLid)]


def lamps(actions: Sequence[Action]) -> dict[str, str]:
    return {action.bin: action.lamp.value for action in actions if isinstance(action, LightBin)}


def reports(actions: Sequence[Action]) -> list[str]:
    return [action.type for action in actions if isinstance(action, Report)]


def data(actions: Sequence[Action], kind: str) -> Mapping[str, Any]:
    (found,) = [action.data for action in actions if isinstance(action, Report) and action.type == kind]
    return found


def with_hours(**hours: Hours) -> Station:
    return replace(STATION, hours=MappingProxyType(hours))
