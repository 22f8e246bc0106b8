"""The sides that a face shows one after the other, kept as templates and compared two at a time, both ways.

Somebody who comes in and stops is seen from other sides for a few frames only, and smeared. But each of them can be
compared with every later one. What is wrong with one picture (smear, glare, a mesh that is off) also looks like depth
when another is laid over it, but not like the opposite depth when it is laid over the other: a head that turned by v
from the first to the second turned by -v from the second to the first. So what both ways say is multiplied. Noise
then has the mean 0, instead of the mean 1 that a square has, and what contradicts itself counts against life.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge.vision.faces import Face
from edge.vision.liveness.patch import Matrix
from edge.vision.liveness.relief import Relief
from edge.vision.liveness.template import FINE_EYE_PX, Template
from edge.vision.mesh import OVAL
from edge.vision.pose import Pose

KEPT_S = 3.0
"""After so long something else may have been put in its place."""
_FAR_DEG = 20.0
"""Beyond, one sees another side of the head, and what is found by laying it over means little."""
_SIDES = 6  # kept at a time: each takes about 1 MB
_APART_DEG = 1.5
"""From the nearest one. With 2.5, 38 of 974 people ended in doubt instead of 32, and 18 of 405 sheets had gain enough
instead of 19; with 1.0, 24."""
_ANEW_S = 0.4  # another one of the same side has noise of its own
_PAIRS = 3  # with each new side
_BEST_DEG = 8.0  # pairs near it are compared first
_FOCAL = 0.8  # of the picture's longer side: 64°, between a Pi's camera and most webcams
_BY_MESH, _BY_PLACE = 0.8, 0.4
"""Least squares over 4,659 pairs of sides of the rig's people: their view turned by 0.8 of what the mesh sees and 0.4
of what their way across the picture makes of it. Both together are off by 2.5° (root mean square), the mesh alone by
4.2°: it sees four fifths of a turn, and less where somebody is smeared."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two sides, compared. `turn`: by how much the view turned from the earlier to the later one as the texture shows
    it, the mean of both ways, and `expected`: as the mesh and the place in the picture do; yaw and pitch in radians.
    `gain`: how much better a head explains the motion than a sheet does, per number that it has more, in units of what
    neither explains; below 0 where the two ways contradict each other. `seen_s`: when the later one was seen.
    """

    turn: Matrix
    expected: Matrix
    gain: float
    seen_s: float


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """`view`: see `_view`."""

    relief: Relief
    pose: Pose
    view: tuple[float, float]
    at_s: float


class Sides:
    """Of one face, as long as it is followed. At most one pair is compared in a frame, so that time is bounded."""

    def __init__(self) -> None:
        self._kept: list[_Side] = []
        self._waiting: list[tuple[_Side, _Side]] = []

    def observe(self, face: Face, now_s: float) -> Pair | None:
        """One frame, taken at `now_s` (monotonic seconds)."""
        self._kept = [side for side in self._kept if now_s - side.at_s <= KEPT_S]
        if self._is_new(face.quality.figures.pose, now_s):
            self._keep(face, now_s)
        self._waiting = [pair for pair in self._waiting if all(side in self._kept for side in pair)]
        if not self._waiting:
            return None
        pair = min(self._waiting, key=_worth)
        self._waiting.remove(pair)
        return _compare(*pair)

    def _is_new(self, pose: Pose, now_s: float) -> bool:
        if not self._kept or now_s - self._kept[-1].at_s >= _ANEW_S:
            return True
        return min(apart(side.pose, pose) for side in self._kept) >= _APART_DEG

    def _keep(self, face: Face, now_s: float) -> None:
        try:
            relief = Relief(Template(face, FINE_EYE_PX))
        except ValueError:
            return  # cut off or too small, or points that are no numbers
        side = _Side(relief, face.quality.figures.pose, _view(face), now_s)
        pairs = [(other, side) for other in self._kept if _APART_DEG <= apart(other.pose, side.pose) <= _FAR_DEG]
        self._waiting += sorted(pairs, key=_worth)[:_PAIRS]
        self._kept.append(side)
        if len(self._kept) > _SIDES:
            self._kept.remove(min(self._kept[:-1], key=self._nearest))

    def _nearest(self, side: _Side) -> float:
        return min(apart(side.pose, other.pose) for other in self._kept if other is not side)


def _worth(pair: tuple[_Side, _Side]) -> float:
    """How far from the best a pair's turn is, in degrees."""
    return abs(apart(pair[0].pose, pair[1].pose) - _BEST_DEG)


def _view(face: Face) -> tuple[float, float]:
    """How far the head is seen from a side and from above, degrees: by its pose as the mesh has it, and by where in the
    picture it is. Who walks across without turning his head is seen from another side as well, and that is known even
    where he is smeared.
    """
    pose = face.quality.figures.pose
    height, width = face.picture.shape[:2]
    aside = face.points[OVAL, :2].mean(axis=0) - (width / 2, height / 2)
    across, down = np.degrees(np.arctan(aside / (_FOCAL * max(width, height))))
    return _BY_MESH * pose.yaw + _BY_PLACE * float(across), _BY_MESH * pose.pitch + _BY_PLACE * float(down)


def _compare(earlier: _Side, later: _Side) -> Pair | None:
    """None where one does not look like the other."""
    there, back = earlier.relief.lay(later.relief.template), later.relief.lay(earlier.relief.template)
    if there is None or back is None:
        return None
    information = (there.information + back.information) / 2
    gain = -float(there.turn @ information @ back.turn) / 2
    # Depth counts towards the back: what is near moves against the turn, and the nose points where yaw and pitch say.
    degrees = np.subtract(later.view, earlier.view)
    return Pair((there.turn - back.turn) / 2, -np.sin(np.radians(degrees)), gain, later.at_s)


def apart(one: Pose, other: Pose) -> float:
    """Degrees between two poses, roll left out: that a sheet does as well."""
    return math.hypot(one.yaw - other.yaw, one.pitch - other.pitch)
