"""The parts of a camera's picture that mean something: where faces and items count, the floor, the bins' openings and
rims. Each is one key of the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from edge.config import Config

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "zone": ("Where faces count", "Only faces within it count."),
        "item_zone": ("Where things count", "Only what is held up within it is looked at."),
        "opening": ("Opening", "Where the camera sees things go into this bin."),
        "rim_zone": ("Rim", "Where the camera sees that this bin overflows."),
        "floor_zone": ("Floor before the bins", "Where the camera sees what lies beside the bins."),
    }
)
"""What it is called and what it is for, in English, by the last part of its key."""
SIDES = ("left", "top", "right", "bottom")
COMPARED = ("rim_zone", "floor_zone")
"""Those that are compared with the picture of the clean station."""
WHOLE = ("zone", "item_zone")
"""Those that cannot be left out."""


@dataclass(frozen=True, slots=True)
class Area:
    """`table`: where its key `kind` stands, as `face` or `bins.paper`; `sides`: fractions of the picture, or none."""

    table: str
    kind: str
    sides: tuple[float, ...]

    @property
    def key(self) -> str:
        """As the configuration names it."""
        return f"{self.table}.{self.kind}"

    @property
    def subject(self) -> str:
        """The bin's name; empty for what belongs to the whole station or the gate."""
        return self.table.partition(".")[2]

    @property
    def title(self) -> str:
        """What it is called, in English."""
        return TEXTS[self.kind][0]

    @property
    def hint(self) -> str:
        """What it is for, in English."""
        return TEXTS[self.kind][1]

    @property
    def percents(self) -> dict[str, str]:
        """Each side as it is typed; empty texts for an area that is not there."""
        texts = [f"{100.0 * one:.1f}".removesuffix(".0") for one in self.sides] or [""] * len(SIDES)
        return dict(zip(SIDES, texts, strict=True))

    def changed(self, sides: Sequence[float]) -> dict[str, dict[str, Any]]:
        """The change of the configuration that gives it these sides."""
        first, _, name = self.table.partition(".")
        keys: dict[str, Any] = {self.kind: list(sides)}
        return {first: {name: keys} if name else keys}


def areas(config: Config, camera: str) -> list[Area]:
    """Those of one camera; none where the device has no such camera."""
    if camera == "people" and config.camera is not None:
        return [Area("face", "zone", config.face.zone)]
    if camera == "station" and config.station is not None and config.station.camera is not None:
        return list(_of_station(config))
    return []


def _of_station(config: Config) -> Iterator[Area]:
    assert config.station is not None
    yield Area("station", "item_zone", config.station.item_zone)
    for name, one in config.bins.items():
        yield Area(f"bins.{name}", "opening", one.opening)
        yield Area(f"bins.{name}", "rim_zone", one.rim_zone)
    yield Area("station", "floor_zone", config.station.floor_zone)
