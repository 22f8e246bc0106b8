"""Enrolling at the camera: a handful of good frames, far enough apart in time to differ."""

from __future__ import annotations

from collections.abc import Callable

from edge.clock import Clock
from edge.drivers.camera import Camera
from edge.errors import HardwareError
from edge.people.describe import FaceDescriber, Shot

APART_S = 1.0
"""Neighbouring frames show the same pose and light, and add little (models/README.md)."""
GIVE_UP_S = 60.0
STALLED_S = 5.0
_READ_S = 1.0


def capture(
    camera: Camera, describer: FaceDescriber, count: int, clock: Clock, tell: Callable[[str], None]
) -> list[Shot]:
    """Up to `count` good frames from an opened camera; fewer when a minute was not enough, the last poor one too.

    `tell` hears "good 1 of 3" and why frames are poor, each reason when it changes. Raises HardwareError when the
    camera stops.
    """
    shots: list[Shot] = []
    poor: Shot | None = None
    begun = newest = clock().mono_s
    taken_s, said = float("-inf"), ""
    while len(shots) < count and (now := clock().mono_s) - begun < GIVE_UP_S:
        frame = camera.read(_READ_S)
        if frame is None:
            if now - newest > STALLED_S:
                raise HardwareError("the camera gives no more frames", hint="check its cable, then edge check")
            continue
        newest = now
        if frame.mono_s - taken_s < APART_S:
            continue
        described = describer.describe(frame.picture, enrolment=True)
        shot = Shot(f"frame {frame.number}", described)
        if described.embedding is not None and described.reason is None:
            shots.append(shot)
            taken_s, word = frame.mono_s, f"good {len(shots)} of {count}"
        else:
            poor, word = shot, str(described.reason or "no_face")
        if word != said:
            tell(word)
            said = word
    return shots if len(shots) >= count or poor is None else [*shots, poor]
