"""A gate, told what happens event by event, for tests that read as tables."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

from edge.actions import Report, Speak
from edge.clock import Now
from edge.config.schema import Access, Lock
from edge.events import AccessRule, Event, FaceMatched, Life, RosterChanged, Way
from edge.gate.access import Policy
from edge.gate.challenge import Challenges
from edge.gate.decision import Gate, GateState

ACCESS = Access(
    schedules=MappingProxyType({"day": ("mon-fri 07:00-19:00",), "ghost-free": ()}),
    groups=MappingProxyType({"staff": ("day",), "residents": ()}),
)
LOCK = Lock()
MONDAY_NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


def at(mono_s: float, wall: datetime = MONDAY_NOON, **changes: bool) -> Now:
    return Now(mono_s, round(wall.timestamp() * 1e6), **changes)  # type: ignore[arg-type]


class Story:
    """A gate and what it did, told event by event."""

    def __init__(self, *people: AccessRule, access: Access = ACCESS, lock: Lock = LOCK, fitted: str = "") -> None:
        self.gate = Gate(lock, Policy(access, "Asia/Shanghai", frozenset(map(Way, fitted.split()))))
        self.state = GateState(challenges=Challenges(secret=b"seed"))
        self.tell(RosterChanged({rule.person: rule for rule in people}), at(0.0))

    def tell(self, event: Event, now: Now) -> list[object]:
        self.state, actions = self.gate.step(self.state, event, now)
        return list(actions)


def match(person: str = "p", track: int = 1, strong: bool = False) -> FaceMatched:
    return FaceMatched(track, person, 0.7, 0.6, 2, strong, Life.LIVE)


def reports(actions: list[object]) -> list[tuple[str, object]]:
    return [(a.type, a.data.get("reason", a.data.get("stage"))) for a in actions if isinstance(a, Report)]


def phrases(actions: list[object]) -> list[str]:
    return [a.phrase for a in actions if isinstance(a, Speak)]
