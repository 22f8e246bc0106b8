"""What a waste station remembers between two events. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from edge.actions import Action, BinLamp
from edge.bin_events import SceneState
from edge.waste import polls
from edge.waste.advice import Heard
from edge.waste.drops import Drop
from edge.waste.fire import Fire
from edge.waste.lids import Lid
from edge.waste.verdict import Verdict

Asked = Literal["sort", "poll"]


@dataclass(frozen=True, slots=True)
class Question:
    """What the visitor was asked and answers by button. `choices`: of a sorting question; `poll`: of a poll."""

    about: Asked
    until: float
    choices: tuple[str, ...] = ()
    poll: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody is at the station. Times are monotonic seconds.

    `people`: the known people who were seen, and when. `shown`: the last item that was held up, its verdict, and when.
    `confirmed`: the last drop that a button can still correct, and when it was told. `asked`: polls of this visit.
    """

    since: float
    active_at: float
    near: bool = False
    loud_until: float = float("-inf")
    people: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    shown: tuple[int, Verdict, float] | None = None
    question: Question | None = None
    confirmed: tuple[Told, float] | None = None
    asked: frozenset[str] = frozenset()
    said: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Told:
    """A drop that was reported."""

    number: str
    bin: str
    category: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How often the station judged a drop at one bin, and how often it was told that it was wrong."""

    judged: int = 0
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class BinState:
    """One bin. `level` belongs to the level rules; `guiding_until` and `wrong_until`: how long its lamp says so;
    `tried`: what it shows to be looked at, and how long.
    """

    level: Any
    lid: Lid = Lid()
    fire: Fire = Fire()
    scene: SceneState = SceneState.CLEAR
    lamp: BinLamp = BinLamp.OFF
    guiding_until: float = float("-inf")
    wrong_until: float = float("-inf")
    tally: Tally = Tally()
    tried: tuple[BinLamp, float] | None = None


@dataclass(frozen=True, slots=True)
class StationState:
    """Everything. `blind`: why nobody can be advised, empty when the eyes work. `drops`: those not told yet; `count`:
    how many there were since the start. `recent`: drops told, for a correction by their number.
    """

    bins: Mapping[str, BinState] = field(default_factory=lambda: MappingProxyType({}))
    visit: Visit | None = None
    greeted_at: float = float("-inf")
    blind: frozenset[str] = frozenset()
    covered_at: float | None = None
    floor: SceneState = SceneState.CLEAR
    smoke: Fire = Fire()
    warned_at: float = float("-inf")
    people: frozenset[str] = frozenset()
    neighbours: Mapping[str, Heard] = field(default_factory=lambda: MappingProxyType({}))
    polls: polls.Polls = polls.NONE
    drops: tuple[Drop, ...] = ()
    count: int = 0
    recent: tuple[Told, ...] = ()
    accuracy_at: float | None = None
    stopping: bool = False

    def with_bin(self, name: str, **changes: Any) -> StationState:
        """The same, with something of one bin changed."""
        bins = {**self.bins, name: replace(self.bins[name], **changes)}
        return replace(self, bins=MappingProxyType(bins))

    @property
    def burning(self) -> bool:
        """Whether there is a fire anywhere."""
        return self.smoke.burning or any(one.fire.burning for one in self.bins.values())


Outcome = tuple[StationState, tuple[Action, ...]]
