"""Items before the station's camera: one comes, is held still, and goes into an opening or away.

No network takes part: edge.vision.foreground tells what does not belong to the empty scene, and this follows it. What
was seen comes out as facts, in order, each once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.drivers.camera import Picture
from edge.vision.crops import BestCrops, Crop, rate
from edge.vision.foreground import Foreground, Mask
from edge.vision.passage import Passage
from edge.vision.regions import Regions, area_mask, find_regions, in_pixels

STILL_S = 0.4
"""Held this long, it is decided: nobody waits, and a hand passing through is not still so long."""

STILL_SPREAD = 0.05  # of the picture: a trembling hand stays within it, one that carries something does not
STILL_GROWTH = 1.35  # largest by smallest area meanwhile
DECIDE_AT_LATEST_S = 3.0  # what is waved about without rest is looked at all the same
_MOVES, _MOVING = 0.02, 0.5
"""Of the picture between two frames; a picture taken in motion is worth half, also where its blur is not measured."""

_COMES_FRAMES = 2
GONE_S = 0.25  # a mask may fail for a frame
PARKED_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """An item is held still, or has been in view for long. `crops`: its best pictures, best first."""

    item: int
    crops: tuple[Crop, ...]
    parts: int


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """An item went through the opening of `bin`."""

    item: int
    bin: str
    crops: tuple[Crop, ...]
    parts: int


@dataclass(frozen=True, slots=True)
class Gone:
    """An item left, and not through an opening; or it has lain there so long that it belongs to the scene now."""

    item: int


Fact = Held | Passed | Gone


@dataclass(slots=True)
class _Visit:
    """What is known of the item in view."""

    item: int
    began_s: float
    passage: Passage
    seen_s: float
    best: BestCrops = field(default_factory=BestCrops)
    path: deque[tuple[float, float, float, int]] = field(default_factory=lambda: deque(maxlen=64))
    parts: deque[int] = field(default_factory=lambda: deque(maxlen=9))
    told: bool = False
    still_since_s: float | None = None


class ItemWatch:
    """`zone` and `openings` (by bin) are areas as fractions left, top, right, bottom of the picture. `counted`: the
    newest item's number in an earlier run, so that no number comes twice.
    """

    def __init__(self, zone: Sequence[float], openings: Mapping[str, Sequence[float]], *, counted: int = 0) -> None:
        self._openings = {name: area_mask(area) for name, area in openings.items() if area}
        self._looked = area_mask(zone).astype(np.uint8)
        for opening in self._openings.values():
            self._looked |= opening
        self._foreground = Foreground()
        self._visit: _Visit | None = None
        self._coming, self._items = 0, counted

    @property
    def counted(self) -> int:
        """The number of the newest item."""
        return self._items

    @property
    def active(self) -> bool:
        """Whether something is in view."""
        return self._visit is not None

    @property
    def told(self) -> bool:
        """Whether `Held` was told of what is in view."""
        return self._visit is not None and self._visit.told

    def best(self) -> tuple[Crop, ...]:
        """The best pictures of the item in view so far, best first."""
        return tuple(self._visit.best.crops) if self._visit is not None else ()

    def update(self, picture: Picture, now_s: float) -> tuple[Fact, ...]:
        """Follow one frame; at most two facts come of it."""
        mask: Mask = self._foreground.update(picture, now_s) & self._looked
        regions = find_regions(mask) if self._foreground.settled else None
        if regions is None:
            self._coming = 0
            return self._missing(now_s)
        if self._visit is None:
            self._coming += 1
            if self._coming < _COMES_FRAMES:
                return ()
            self._items += 1
            self._visit = _Visit(self._items, now_s, Passage(self._openings), now_s)
        return self._follow(self._visit, regions, picture, now_s)

    def _follow(self, visit: _Visit, regions: Regions, picture: Picture, now_s: float) -> tuple[Fact, ...]:
        visit.seen_s = now_s
        visit.parts.append(len(regions.boxes))
        visit.path.append((now_s, *regions.centre, regions.cells))
        still = _is_still(visit.path, now_s)
        if not still:
            visit.still_since_s = None
        elif visit.still_since_s is None:
            visit.still_since_s = now_s
        bin_name = visit.passage.follow(regions.mask, now_s, still=still)
        if bin_name is not None:
            return self._end(visit, bin_name)
        self._keep(visit, regions, picture, now_s)
        if visit.still_since_s is not None and now_s - visit.still_since_s >= PARKED_S:
            self._foreground.absorb(regions.mask.astype(np.uint8))
            return self._end(visit, None)
        if not visit.told and (still or now_s - visit.began_s >= DECIDE_AT_LATEST_S):
            visit.told = True
            return (Held(visit.item, tuple(visit.best.crops), _parts(visit)),)
        return ()

    def _missing(self, now_s: float) -> tuple[Fact, ...]:
        visit = self._visit
        if visit is None or now_s - visit.seen_s < GONE_S:
            return ()
        return self._end(visit, visit.passage.vanished(visit.seen_s) if self._foreground.settled else None)

    def _end(self, visit: _Visit, bin_name: str | None) -> tuple[Fact, ...]:
        self._visit, self._coming = None, 0
        if bin_name is not None:
            return (Passed(visit.item, bin_name, tuple(visit.best.crops), _parts(visit)),)
        return (Gone(visit.item),) if visit.told else ()

    def _keep(self, visit: _Visit, regions: Regions, picture: Picture, now_s: float) -> None:
        height, width = picture.shape[:2]
        last, now = list(visit.path)[-2:] if len(visit.path) > 1 else (visit.path[0], visit.path[0])
        moves = max(abs(now[1] - last[1]), abs(now[2] - last[2])) > _MOVES
        boxes = tuple(in_pixels(box, width, height) for box in regions.boxes)
        score = rate(picture, boxes[0]) * (_MOVING if moves else 1.0)
        visit.best.offer(Crop(picture, boxes, now_s, score))


def _parts(visit: _Visit) -> int:
    """Most often seen lately: two things that touch for a frame are still two."""
    seen = list(visit.parts)
    return max(set(seen), key=seen.count)


def _is_still(path: Sequence[tuple[float, float, float, int]], now_s: float) -> bool:
    """Whether it has been about the same, at about the same place, for `STILL_S`."""
    late = [place for place in path if now_s - place[0] <= STILL_S + 1e-6]
    if len(late) < 3 or now_s - path[0][0] < STILL_S:
        return False
    xs, ys, cells = [p[1] for p in late], [p[2] for p in late], [p[3] for p in late]
    return max(max(xs) - min(xs), max(ys) - min(ys)) < STILL_SPREAD and max(cells) < STILL_GROWTH * min(cells)
