"""What can be configured of a waste station and its bins."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from edge.config.cameras import CameraConfig
from edge.config.check import Between, Check
from edge.config.kinds import DeviceName, Fraction, IntervalText, Name, Seconds
from edge.config.sensors import LevelSensorConfig, Millimetres
from edge.config.wiring import BinWiring, LidConfig, NoLid, StationWiring

Percent = Annotated[float, Between(0.0, 100.0)]


def _day_problem(value: str) -> str:
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return f"{value!r} should be a date like 2027-01-01"
    return ""


Day = Annotated[str, Check(_day_problem)]


@dataclass(frozen=True, slots=True)
class Hours:
    """When one category may be delivered. `holidays`: the hours of those days, in place of their weekday's; an empty
    list means closed. No table `[station.hours.<category>]` means at any hour.
    """

    open: tuple[IntervalText, ...] = ()
    holidays: tuple[IntervalText, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A station nearby, by its device id: how people call it, and how far it is on foot."""

    name: Mapping[str, str]
    walk_m: Annotated[float, Between(1.0, 5000.0)]


@dataclass(frozen=True, slots=True)
class Station:
    """The waste station as a whole.

    `camera` looks at what people bring; without one nobody is advised, and everything else works. `sorting`: the rules
    of another city. `reference`: the picture of the clean station, for overflow and litter. `collected`: hours at which
    the bins are emptied, to be told to who finds one full.
    """

    camera: CameraConfig | None = None
    wiring: StationWiring = StationWiring()
    sorting: Path | None = None
    reference: Path | None = None
    item_zone: tuple[Fraction, ...] = (0.0, 0.0, 1.0, 1.0)
    floor_zone: tuple[Fraction, ...] = ()
    hours: Mapping[str, Hours] = field(default_factory=lambda: MappingProxyType({}))
    holidays: tuple[Day, ...] = ()
    collected: tuple[IntervalText, ...] = ()
    neighbours: Mapping[DeviceName, Neighbour] = field(default_factory=lambda: MappingProxyType({}))
    greet_again_s: Annotated[float, Between(0.0, 3600.0)] = 60.0
    lid_open_s: Seconds = 8.0
    answer_s: Seconds = 10.0
    loud_s: Annotated[float, Between(5.0, 3600.0)] = 120.0
    fire_rise_c_per_min: Annotated[float, Between(1.0, 60.0)] = 8.0
    fire_limit_c: Annotated[float, Between(40.0, 150.0)] = 70.0
    keep_clips_days: Annotated[int, Between(1, 90)] = 14
    keep_items_days: Annotated[int, Between(1, 365)] = 30


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin. `category`: of the sorting rules. Distances are measured from the sensor down.

    `shape`: `straight` has the same section all the way, `tapered` narrows linearly to `bottom_ratio` of the top's
    width at the bottom, `lying` is a cylinder on its side. `opening`: where the camera sees what goes in.
    `settle_s`: how long a level must stand before it counts. `report_percent`: the least change that is told.
    """

    category: Name
    shape: Literal["straight", "tapered", "lying"] = "straight"
    empty_mm: Millimetres = 1000.0
    full_mm: Millimetres = 150.0
    bottom_ratio: Annotated[float, Between(0.1, 1.0)] = 0.7
    empty_g: Annotated[float, Between(0.0, 1e6)] = 0.0
    full_g: Annotated[float, Between(1.0, 1e7)] = 100_000.0
    nearly_full_percent: Percent = 75.0
    full_percent: Percent = 90.0
    overflow_percent: Percent = 98.0
    settle_s: Annotated[float, Between(0.5, 600.0)] = 20.0
    report_percent: Annotated[float, Between(1.0, 50.0)] = 5.0
    opening: tuple[Fraction, ...] = ()
    rim_zone: tuple[Fraction, ...] = ()
    lid: LidConfig = NoLid()
    wiring: BinWiring = BinWiring()
    sensors: Mapping[Name, LevelSensorConfig] = field(default_factory=lambda: MappingProxyType({}))
