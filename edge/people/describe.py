"""What enrolment wants of vision, and what it hands back: pictures in, described faces out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from edge.drivers.camera import Picture
from edge.events import Life, PoorReason
from edge.store.roster_records import Vector
from edge.vision.score import MARGIN, score

NoFace = Literal["no_face", "several_faces", "unreadable"]


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """One picture's face. Either `embedding` (unit length, D float32) or a `reason` why there is none.

    `quality`: [0, 1], larger is better. `eye_px`: distance of the eyes in pixels, 0 without a face.
    """

    embedding: Vector | None
    reason: PoorReason | NoFace | None
    quality: float = 0.0
    eye_px: float = 0.0


class LifeWatch(Protocol):
    """Looks at every frame of a camera, and says whether the face in it lives."""

    def look(self, picture: Picture, now_s: float) -> Life:
        """`now_s`: when it was taken, monotonic seconds."""
        ...


class FaceDescriber(Protocol):
    """Finds and describes the one face of a picture with the embedding network `model_id`."""

    @property
    def model_id(self) -> str: ...

    def describe(self, picture: Picture, *, enrolment: bool) -> Described:
        """`enrolment` asks for the stricter quality that a template deserves."""
        ...

    def watch(self) -> LifeWatch:
        """Begin to watch a camera's foremost face for life. Raises DataError or HardwareError where something that the
        device asks for besides cannot be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What enrolment judges by; it belongs to one embedding network and size of gallery.

    `same_person`: a cosine; pictures of one enrolment that are less alike show different people. `look_alike`,
    `duplicate`: scores with margin, as the gate's own but for people who are like the nearest one
    (`KnownFaces.compare`); from `look_alike` on somebody enrolled is named as a warning, from `duplicate` on the gate
    would open for the newcomer in their name. `floor`: the median cosine of two people, the least that the second-best
    is taken for.
    """

    same_person: float
    look_alike: float
    duplicate: float
    floor: float

    def __post_init__(self) -> None:
        if not (-1.0 < self.floor < self.same_person < 1.0 and self.look_alike <= self.duplicate):
            raise ValueError("limits rise: floor, same_person; look_alike, duplicate")


def limits_at(threshold: float, floor: float) -> Limits:
    """The limits at the gate's operating point: its score threshold for one frame, and its floor of the second-best.

    Networks differ in scale, so the limits are fractions of the way from two typical strangers to the threshold.
    Chosen on LFW with dlib's network (floor 0.840) and MobileFaceNet (0.009), thresholds at FPIR 1e-3 for 10, 100
    and 250 people: three pictures of one person were refused in 1.2 to 1.7 % of cases, two pictures with a third of
    somebody else passed in 0.6 to 1.5 % (dlib) and 0.1 to 0.4 %; a newcomer with three pictures was called a
    look-alike in at most 2.5 % and a duplicate in at most 0.5 %. Of 94 people enrolled again with other pictures
    all were called duplicates among 100 people. All this with the gate's own second-best, whoever it was. That people
    who are like the nearest one are passed over for it was not measured: where some are like each other, a newcomer
    who is like both is named more often.
    """
    # A cosine that reaches the threshold while the second-best lies half-way between the floor and that cosine.
    accepts = (threshold + MARGIN * 0.5 * floor) / (1.0 - MARGIN * 0.5)
    typical = score(floor, floor)
    return Limits(
        same_person=floor + 0.55 * (accepts - floor),
        look_alike=typical + 0.9 * (threshold - typical),
        duplicate=threshold,
        floor=floor,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A described picture and where it came from (a file's name, "frame 3")."""

    name: str
    described: Described
