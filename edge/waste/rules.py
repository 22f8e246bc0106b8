"""What a station decides by: its configuration, parsed once, and the judges that it is given. Immutable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from edge.actions import Action
from edge.bin_events import LevelRead, Look
from edge.clock import Now
from edge.config.station import Bin, Station
from edge.waste.hours import DeliveryHours
from edge.waste.verdict import Verdict

Judge = Callable[[Sequence[Look], int], Verdict]
"""The looks at an item and the number of its parts; see edge.waste.sorting."""


class Levels(Protocol):
    """The level rules of one bin (edge.waste.levels); the state is their own."""

    def first(self) -> Any: ...

    def read(self, state: Any, event: LevelRead, now: Now, *, lid_open: bool = False) -> tuple[Any, tuple[Action, ...]]:
        """`lid_open`: a sensor in the lid measures anything but the bin then."""
        ...

    def dropped(self, state: Any, now: Now) -> Any:
        """Something fell in: the level is about to rise."""
        ...

    def tick(self, state: Any, now: Now) -> tuple[Any, tuple[Action, ...]]: ...

    def next_deadline(self, state: Any) -> float | None: ...

    def percent(self, state: Any) -> float | None:
        """How full, [0, 100]; None while it is not known."""
        ...

    def full(self, state: Any) -> bool: ...


@dataclass(frozen=True)
class Rules:
    """`boot` makes the numbers of drops unique over restarts. `identifies`: a camera looks at the people here."""

    station: Station
    bins: Mapping[str, Bin]
    levels: Mapping[str, Levels]
    hours: DeliveryHours
    judge: Judge
    boot: str
    identifies: bool = False

    @property
    def has_buttons(self) -> bool:
        """Whether a question can be answered."""
        wiring = self.station.wiring
        return wiring.simulated or (wiring.yes_pin >= 0 and wiring.no_pin >= 0)

    @property
    def can_be_asked_to_open(self) -> bool:
        """Whether there is a button for each lid."""
        driven = [one for name, one in self.bins.items() if self.driven(name)]
        return self.station.wiring.simulated or all(one.wiring.open_button_pin >= 0 for one in driven)

    def driven(self, name: str) -> bool:
        """Whether this bin has a lid that is moved."""
        return self.bins[name].lid.driver != "none"

    def of_category(self, category: str) -> tuple[str, ...]:
        """The bins for a category, in the order of the configuration."""
        return tuple(name for name, one in self.bins.items() if one.category == category)
