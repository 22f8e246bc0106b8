"""The cues that only some devices have, made in one place: a way in that forgot one would be the weakest.

The gate's eyes, an enrolment at its camera and `edge eval liveness` ask the same of a face.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.vision.liveness.cue import Cue
from edge.vision.liveness.opinion import Critic, Opinion
from edge.vision.liveness.second import Find, Second, SecondCamera


def added_cues(critics: Sequence[Critic], find: Find, second: SecondCamera | None = None) -> list[Cue]:
    """`critics`: the networks that the installer has added; `second`: the other camera, in whose pictures `find` looks
    for faces.
    """
    more: list[Cue] = [Opinion(critics)] if critics else []
    if second is not None:
        more.append(Second(second, find))
    return more
