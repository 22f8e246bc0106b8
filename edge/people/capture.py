"""Enrolling at the camera: a handful of good frames of somebody who lives, far enough apart in time to differ.

Whoever could enrol a photograph would have a key that can be copied, so the gate's own liveness is asked for here too.
What is clearly a picture or a screen ends it: whoever holds it could else go on for a minute until three frames looked
alive, and nobody alive of the rig is ever called that.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.clock import Clock
from edge.drivers.camera import Camera
from edge.errors import HardwareError
from edge.events import Life
from edge.people.describe import FaceDescriber, Shot
from edge.people.judge import EnrolmentRefusedError

APART_S = 1.0
"""Neighbouring frames show the same pose and light, and add little (models/README.md)."""
GIVE_UP_S = 60.0
STALLED_S = 5.0
_READ_S = 1.0
ASKED = "not seen to be alive yet: come a step nearer, or turn your head slowly from side to side"
SPOOFED = "this looks like a picture or a screen, not like somebody who stands there"


def capture(
    camera: Camera, describer: FaceDescriber, count: int, clock: Clock, tell: Callable[[str], None]
) -> list[Shot]:
    """Up to `count` good frames from an opened camera; fewer when a minute was not enough, the last poor one too.

    Only frames count in which the face has been seen to live. `tell` hears "good 1 of 3" and why frames are poor, each
    reason when it changes. Raises HardwareError when the camera stops, or something that must agree about life cannot
    be asked; EnrolmentRefusedError (`not_alive`) when no frame showed life, and at once when one is called a spoof.
    """
    shots: list[Shot] = []
    poor: Shot | None = None
    watch, unlived = describer.watch(), 0
    begun = newest = clock().mono_s
    taken_s, said = float("-inf"), ""
    while len(shots) < count and (now := clock().mono_s) - begun < GIVE_UP_S:
        frame = camera.read(_READ_S)
        if frame is None:
            if now - newest > STALLED_S:
                raise HardwareError("the camera gives no more frames", hint="check its cable, then edge check")
            continue
        newest = now
        life = watch.look(frame.picture, frame.mono_s)
        if life is Life.SPOOF:
            raise EnrolmentRefusedError(
                "not_alive",
                SPOOFED,
                hint="nothing was kept; put pictures and screens out of the camera's view and begin again, "
                "or enrol from pictures that the office has taken",
            )
        if frame.mono_s - taken_s < APART_S:
            continue
        described = describer.describe(frame.picture, enrolment=True)
        shot = Shot(f"frame {frame.number}", described)
        if described.embedding is not None and described.reason is None:
            if life is Life.LIVE:
                shots.append(shot)
                taken_s, word = frame.mono_s, f"good {len(shots)} of {count}"
            else:
                unlived, word = unlived + 1, ASKED
        else:
            poor, word = shot, str(described.reason or "no_face")
        if word != said:
            tell(word)
            said = word
    if unlived and not shots:
        raise EnrolmentRefusedError(
            "not_alive",
            f"nobody was seen to be alive in {GIVE_UP_S:.0f} seconds",
            hint="walk up to the camera, move a little, with something other than a bare wall behind; "
            "or enrol from pictures that the office has taken",
        )
    return shots if len(shots) >= count or poor is None else [*shots, poor]
