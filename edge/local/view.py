"""What a camera sees, kept for as long as somebody asks and not a moment longer.

The camera's own thread leaves its newest frame here, the eyes' thread notes what it found in frames that it looked at
anyway. While nobody has asked for a few seconds neither keeps anything: a frame is a megabyte or two.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from edge.drivers.camera import Frame

if TYPE_CHECKING:
    from edge.bin_events import BinEvent
    from edge.vision.faces import Face

WANTED_S = 5.0
"""After a question the next one is waited for so long."""
MATCHING_S = 0.4
"""A frame that was looked at so lately is shown with what was found in it, rather than a newer one without."""
DECIDED_S = 4.0
FRAME_S = 0.5
_MOST_DECIDED = 8
# Of the mesh's 468 points: outer and inner corners of the eyes, tip of the nose, corners of the mouth.
KEYPOINTS = (33, 133, 362, 263, 1, 61, 291)


@dataclass(frozen=True, slots=True)
class Look:
    """A frame, and what was found in it (JSON-ready; places in shares of width and height)."""

    frame: Frame
    found: tuple[Mapping[str, Any], ...] = ()


class View:
    """One camera's. It is an onlooker of the camera's worker; `faces` or `items` is the eyes' watcher. `zones`: the
    openings of the bins, by name.
    """

    def __init__(self, zones: Mapping[str, Sequence[float]], clock: Callable[[], float] = time.monotonic) -> None:
        self.zones = zones
        self._came = threading.Condition()
        self._newest: Frame | None = None
        self._clock = clock
        self._wanted_until_s = float("-inf")
        self._looked: Look | None = None
        self._decided: deque[tuple[Mapping[str, Any], float]] = deque(maxlen=_MOST_DECIDED)

    def faces(self, frame: Frame, faces: Sequence[Face], decisions: Sequence[Any]) -> None:
        """What the gate's eyes made of a frame; on their thread."""
        if self._wanted():
            self._note(frame, [_face(face, frame) for face in faces], decisions)

    def items(self, frame: Frame, _facts: Sequence[Any], events: Sequence[BinEvent]) -> None:
        """What the station's eyes made of a frame; on their thread."""
        if self._wanted():
            self._note(frame, [], events)

    def put(self, frame: Frame) -> None:
        """The camera's next frame; on its thread."""
        with self._came:
            self._newest = frame if self._clock() <= self._wanted_until_s else None
            self._came.notify_all()

    def newest(self) -> Look | None:
        """What is seen now; None when the camera gives nothing within half a second."""
        self._wanted_until_s = self._clock() + WANTED_S
        looked = self._looked
        if looked is not None and self._clock() - looked.frame.mono_s <= MATCHING_S:
            return looked
        frame = self.next(-1)
        return None if frame is None else Look(frame)

    def next(self, after: int) -> Frame | None:
        """The newest frame, unless it is the one with the number `after`: then the next. None when the camera gives
        none within half a second. Whoever is slower than the camera so gets every frame that they can use.
        """
        self._wanted_until_s = self._clock() + WANTED_S

        def there() -> bool:
            newest = self._newest
            fresh = newest is not None and self._clock() - newest.mono_s <= FRAME_S
            return fresh and newest is not None and newest.number != after

        with self._came:
            self._came.wait_for(there, FRAME_S)
            return self._newest if there() else None

    def decided(self) -> list[dict[str, Any]]:
        """What was decided lately, the newest last."""
        now_s = self._clock()
        ago = [(what, now_s - at_s) for what, at_s in tuple(self._decided)]
        return [{**what, "ago_s": round(ago_s, 2)} for what, ago_s in ago if ago_s <= DECIDED_S]

    def tidy(self) -> None:
        """Let go of what nobody asks for any more."""
        self._wanted()

    def _wanted(self) -> bool:
        if self._clock() <= self._wanted_until_s:
            return True
        self._looked = self._newest = None
        self._decided.clear()
        return False

    def _note(self, frame: Frame, found: Sequence[Mapping[str, Any]], decided: Sequence[Any]) -> None:
        self._looked = Look(frame, tuple(found))
        self._decided.extend((_fact(one), frame.mono_s) for one in decided)


def _face(face: Face, frame: Frame) -> dict[str, Any]:
    height, width = frame.picture.shape[:2]
    box, quality = face.box, face.quality
    return {
        "box": [_share(box.left, width), _share(box.top, height), _share(box.right, width), _share(box.bottom, height)],
        "points": [[_share(x, width), _share(y, height)] for x, y in face.points[list(KEYPOINTS), :2]],
        "eye_px": round(float(face.eye_px), 1),
        "score": round(float(face.score), 3),
        "quality": round(float(quality.score), 3),
        "reason": None if quality.reason is None else str(quality.reason),
    }


def _share(value: float, whole: int) -> float:
    return round(float(value) / whole, 4)


def _fact(fact: Any) -> dict[str, Any]:
    """Its plain members, and tables of numbers; no person's id leaves the daemon with a picture."""
    told: dict[str, Any] = {"what": type(fact).__name__}
    for field in fields(fact):
        value = getattr(fact, field.name)
        if field.name == "person":
            told["known"] = bool(value)
        elif isinstance(value, Mapping):
            told[field.name] = {str(key): round(float(one), 3) for key, one in value.items()}
        elif isinstance(value, bool | int | str):
            told[field.name] = str(value) if isinstance(value, str) else value
        elif isinstance(value, float):
            told[field.name] = round(value, 3)
    return told
