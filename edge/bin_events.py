"""What can happen at a waste station: the part of the vocabulary that only a station's drivers and eyes use.

A `bin` is the name of a table `[bins.<name>]` of the configuration. Nothing here judges: which category an item
belongs to, whether a bin is full and what is to be done about it is the station's decision (`edge.waste`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.errors import DataError


@dataclass(frozen=True, slots=True)
class Look:
    """What the classifier made of one picture of an item.

    `probabilities`: calibrated, by fine class. `familiar`: whether the picture is like anything that the classifier
    learned from; when it is not, the probabilities mean nothing. `weight`: how much this picture counts, above 0
    (sharp, large and whole in view counts more).
    """

    probabilities: Mapping[str, float]
    familiar: bool = True
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.probabilities or not self.weight > 0.0:
            raise DataError("a look has no probabilities or no weight", hint="see edge.vision.classify")


@dataclass(frozen=True, slots=True)
class ItemShown:
    """An item is held still before the camera, and its best pictures were looked at. Told once for each item.

    `looks`: the best pictures of each of the `parts` that lie apart in the view, best first.
    """

    item: int
    looks: tuple[Look, ...]
    parts: int = 1


@dataclass(frozen=True, slots=True)
class ItemPassed:
    """A moving thing went through the opening of a bin, as the camera saw it. `looks` as in ItemShown."""

    item: int
    bin: str
    looks: tuple[Look, ...]
    parts: int = 1


@dataclass(frozen=True, slots=True)
class ItemGone:
    """An item that was shown left the view, and not through an opening."""

    item: int


class SceneState(StrEnum):
    """What a marked zone of the view shows, compared with the station's own clean reference picture."""

    CLEAR = "clear"
    LITTERED = "littered"
    OVERFLOWING = "overflowing"


@dataclass(frozen=True, slots=True)
class SceneJudged:
    """A zone's stable state has changed. `zone`: a bin's name (its rim) or `floor`."""

    zone: str
    state: SceneState


@dataclass(frozen=True, slots=True)
class ViewCovered:
    """Something hangs over the camera, or it sees the clean scene again. A covered view says nothing of the bins."""

    covered: bool


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Somebody came near the station, or nobody is near any more (after debouncing)."""

    near: bool


class Button(StrEnum):
    """The buttons that a station may have."""

    YES = "yes"
    NO = "no"
    LOUD = "loud"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A button was pressed. `bin`: whose, where each bin has one of its own (`open`), else empty."""

    button: Button
    bin: str = ""


class LidPosition(StrEnum):
    """Where a lid is. `blocked`: it met something while closing and went back up by itself."""

    CLOSED = "closed"
    MOVING = "moving"
    OPEN = "open"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class LidMoved:
    """A lid's stable position changed."""

    bin: str
    position: LidPosition


@dataclass(frozen=True, slots=True)
class HandSensed:
    """A hand (or anything) came into the opening of a bin or left it."""

    bin: str
    present: bool


@dataclass(frozen=True, slots=True)
class DropSensed:
    """Something fell through the opening of a bin: its beam was broken, or its scale grew heavier by `load_g`."""

    bin: str
    load_g: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement of a level sensor: a distance down to the waste, or a load.

    `distance_mm` is already compensated for the temperature of the air where the sensor knows it. Both are None when
    the sensor answered that it had no echo (too near, too far, or a soft surface).
    """

    distance_mm: float | None = None
    load_g: float | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True)
class LevelRead:
    """A level sensor was read. `reading` is None when it is absent (told once, until it answers again)."""

    bin: str
    sensor: str
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class TemperatureRead:
    """The temperature inside a bin, by a sensor of its own."""

    bin: str
    celsius: float


@dataclass(frozen=True, slots=True)
class SmokeSensed:
    """The smoke input of a bin or, with an empty name, of the station changed."""

    bin: str
    smoke: bool


@dataclass(frozen=True, slots=True)
class NeighbourTold:
    """What a neighbouring station last said of its bins: percent full by category, at the best bin of each."""

    station: str
    fill_percent: Mapping[str, float]


BinEvent = (
    ItemShown
    | ItemPassed
    | ItemGone
    | SceneJudged
    | ViewCovered
    | PresenceChanged
    | ButtonPressed
    | LidMoved
    | HandSensed
    | DropSensed
    | LevelRead
    | TemperatureRead
    | SmokeSensed
    | NeighbourTold
)
