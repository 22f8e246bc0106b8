"""A second camera, where one is configured: it must see a face at the matching place too.

Beside the first one and looking the same way it keeps out whatever reaches one lens or one cable only. One that is
sensitive to infrared, with its own lamp, keeps out screens: their pictures are made of visible light, in infrared a
screen is dark glass.

It is looked at a few times a second, by the same networks. A camera that is gone or whose pictures are old says
nothing, and then nobody passes by face alone: its worker has told the fault, and the other ways in go on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from edge.drivers.camera import Frame, Picture
from edge.vision.faces import Face
from edge.vision.liveness.cue import Seen
from edge.vision.mesh import OVAL

COMPONENT = "second-camera"
_EVERY = 3  # frames of the first camera
_OLD_S = 0.5  # the two cameras need not take their pictures at one moment
_EVIDENCE_S = 1.5
_LOOKS = 2
_APART = 0.2  # of the picture's width and height: how far the places may differ
_LARGER = 1.8  # and by which factor the sizes, in parts of the picture
_DARK, _FLAT = 20.0, 6.0  # grey level and its standard deviation: less in infrared is no skin

Find = Callable[[Picture], Sequence[Face]]


class SecondCamera:
    """`newest` waits at most so many seconds for its newest picture, and gives None when there is none. `infrared`: it
    sees no colours, and screens dark.
    """

    def __init__(self, newest: Callable[[float], Frame | None], *, infrared: bool = False) -> None:
        self._newest, self._infrared = newest, infrared

    def agrees(self, face: Face, now_s: float, find: Find) -> bool | None:
        """Whether its newest picture shows a face where `face` (seen at `now_s`) is; None without a fresh picture."""
        frame = self._newest(0.0)
        if frame is None or abs(now_s - frame.mono_s) > _OLD_S:
            return None
        found = find(frame.picture)
        return any(_at_one_place(face, other) and not (self._infrared and _lifeless(other)) for other in found)


class Second:
    """The share of the last looks in which it agreed."""

    name = "second"
    passes = 0.6
    fails = -1.0

    def __init__(self, camera: SecondCamera, find: Find) -> None:
        self._camera, self._find = camera, find
        self._looks: deque[tuple[float, bool]] = deque(maxlen=64)
        self._count = 0

    def observe(self, seen: Seen) -> None:
        while self._looks and not 0.0 <= seen.now_s - self._looks[0][0] <= _EVIDENCE_S:
            self._looks.popleft()
        self._count += 1
        if self._count % _EVERY != 1:
            return
        agrees = self._camera.agrees(seen.face, seen.now_s, self._find)
        if agrees is not None:
            self._looks.append((seen.now_s, agrees))

    def score(self) -> float | None:
        if len(self._looks) < _LOOKS:
            return None
        return sum(agrees for _, agrees in self._looks) / len(self._looks)


def _at_one_place(one: Face, other: Face) -> bool:
    places = []
    for face in (one, other):
        height, width = face.picture.shape[:2]
        x, y = face.box.centre
        places.append((x / width, y / height, face.eye_px / width))
    (x, y, size), (other_x, other_y, other_size) = places
    alike = 1 / _LARGER < other_size / max(size, 1e-6) < _LARGER
    return bool(alike and abs(x - other_x) < _APART and abs(y - other_y) < _APART)


def _lifeless(face: Face) -> bool:
    """Too dark or too even for skin under an infrared lamp."""
    height, width = face.picture.shape[:2]
    oval = np.rint(face.points[OVAL, :2])
    left, top = (int(n) for n in np.clip(oval.min(axis=0), 0, (width - 2, height - 2)))
    right, bottom = (int(n) for n in np.clip(oval.max(axis=0), (left + 2, top + 2), (width, height)))
    grey = cv2.cvtColor(np.ascontiguousarray(face.picture[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    return bool(grey.mean() < _DARK or grey.std() < _FLAT)
