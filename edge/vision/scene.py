"""The zones of the view against the station's own clean picture: what lies there that does not belong there.

Compared is what light leaves alone: local structure of log luma (covariance in small windows over the larger of the two
variances, 1 for the same) and colour ratios less their median. The edge of a shadow or of a sun spot is a thin line of
other structure, and is opened away. Only what is there in every one of some slow looks counts: people walk on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.bin_events import SceneJudged, SceneState, ViewCovered
from edge.drivers.camera import Picture

BEAT_S = 4.0
LOOKS = 6  # in a row, 24 s
FLOOR = "floor"

_SIZE = (160, 120)
_WINDOW = (5, 5)
_THINNEST = np.ones((9, 9), np.uint8)  # 36 pixels of 640: a shadow's edge is thinner, a bag is not
_DARK = 8.0
_STRUCTURE = 0.06  # standard deviation of log luma in a window: below it, it is plain
_ALIKE = 0.5
_COLOUR = 0.15  # natural logarithm
_SHARES = {FLOOR: 0.06}
_RIM_SHARE = 0.2  # of a bin's rim: a bag that looks out a little does not overflow
_HYSTERESIS = 0.5
_OTHER_VIEW = 0.7  # of the structured part of the clean picture is not there: another view
_FEWEST_STRUCTURED = 0.02
_LEAST_LUMA = 6.0  # of 255: nothing is seen, whether it is a lid or the night

SceneEvent = SceneJudged | ViewCovered
_Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    luma: _Plane
    spread: _Plane
    """Variance of `luma` in each window."""
    mean: _Plane
    colour: _Plane
    """Two log ratios of colours, less their medians, averaged over a window."""
    bright: float


@dataclass(slots=True)
class _Zone:
    name: str
    area: tuple[slice, slice]
    state: SceneState
    looks: deque[NDArray[np.bool_]]


class SceneWatch:
    """`reference`: a picture of the clean station by the same camera, of any size. `zones`: areas as fractions left,
    top, right, bottom, by the bin's name, or `floor`. Every zone is clear at first.
    """

    def __init__(self, reference: Picture, zones: Mapping[str, Sequence[float]]) -> None:
        self._clean = _view(reference)
        self._structured = self._clean.spread > _STRUCTURE**2
        self._zones = [
            _Zone(name, _area(area), SceneState.CLEAR, deque(maxlen=LOOKS)) for name, area in zones.items() if area
        ]
        self._strange: deque[bool] = deque(maxlen=LOOKS)
        self._covered = False
        self._last_s = float("-inf")

    def due(self, now_s: float) -> bool:
        """Whether it is time for another look, `BEAT_S` after the last."""
        return now_s - self._last_s >= BEAT_S

    def update(self, picture: Picture, now_s: float) -> tuple[SceneEvent, ...]:
        """One look: what has changed for good. A covered view says nothing of the zones."""
        self._last_s = now_s
        seen = _view(picture)
        alike = _alike(self._clean, seen)
        strange = self._is_strange(seen, alike)
        self._strange.append(strange)
        events: list[SceneEvent] = []
        if len(set(self._strange)) == 1 and len(self._strange) == LOOKS and strange != self._covered:
            self._covered = strange
            events.append(ViewCovered(strange))
        if strange or self._covered:
            for zone in self._zones:
                zone.looks.clear()
            return tuple(events)
        changed = self._changed(seen, alike)
        events += [event for zone in self._zones if (event := _judge(zone, changed[zone.area])) is not None]
        return tuple(events)

    def _is_strange(self, seen: _View, alike: _Plane) -> bool:
        if seen.bright < _LEAST_LUMA:
            return True
        if np.count_nonzero(self._structured) < _FEWEST_STRUCTURED * self._structured.size:
            return False
        return float(np.mean(alike[self._structured] < _ALIKE)) > _OTHER_VIEW

    def _changed(self, seen: _View, alike: _Plane) -> NDArray[np.bool_]:
        structured = np.maximum(seen.spread, self._clean.spread) > _STRUCTURE**2
        colour = np.abs(seen.colour - self._clean.colour).max(axis=-1) > _COLOUR
        changed = ((structured & (alike < _ALIKE)) | colour).astype(np.uint8)
        return np.asarray(cv2.morphologyEx(changed, cv2.MORPH_OPEN, _THINNEST)).astype(np.bool_)


def _judge(zone: _Zone, changed: NDArray[np.bool_]) -> SceneJudged | None:
    zone.looks.append(changed)
    if len(zone.looks) < LOOKS:
        return None
    limit = _SHARES.get(zone.name, _RIM_SHARE)
    if zone.state is SceneState.CLEAR:
        if float(np.mean(np.logical_and.reduce(zone.looks))) < limit:
            return None
        zone.state = SceneState.LITTERED if zone.name == FLOOR else SceneState.OVERFLOWING
    else:
        # Free in every look: somebody who stands before it does not clear it.
        if max(float(np.mean(look)) for look in zone.looks) > _HYSTERESIS * limit:
            return None
        zone.state = SceneState.CLEAR
    return SceneJudged(zone.name, zone.state)


def _view(picture: Picture) -> _View:
    small = cv2.resize(picture, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
    logs = np.log(small + _DARK)
    luma = np.asarray(logs.mean(axis=-1), np.float32)
    mean = np.asarray(cv2.blur(luma, _WINDOW), np.float32)
    spread = np.asarray(cv2.blur(luma * luma, _WINDOW) - mean * mean, np.float32)
    ratios = logs[..., (0, 2)] - logs[..., 1:2]
    colour = np.asarray(cv2.blur(ratios - np.median(ratios, axis=(0, 1)), _WINDOW), np.float32)
    return _View(luma, np.maximum(spread, 0.0), mean, colour, float(small.mean()))


def _alike(one: _View, other: _View) -> _Plane:
    both = cv2.blur(one.luma * other.luma, _WINDOW) - one.mean * other.mean
    return np.asarray(both / np.maximum(np.maximum(one.spread, other.spread), 1e-6), np.float32)


def _area(area: Sequence[float]) -> tuple[slice, slice]:
    left, top, right, bottom = area
    width, height = _SIZE
    first, above = min(int(left * width), width - 1), min(int(top * height), height - 1)
    return slice(above, max(round(bottom * height), above + 1)), slice(first, max(round(right * width), first + 1))
