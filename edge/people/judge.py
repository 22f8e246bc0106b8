"""Which pictures become templates: good enough, enough of them, and all of one person. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from edge.errors import DataError
from edge.people.describe import Limits, Shot
from edge.people.gallery import mean_template
from edge.store.roster_records import MAX_TEMPLATES, Template, Vector

WANTED = 3
"""Pictures per person. At FMR 1e-4 one frame of a resident is refused 5 times in 100 after enrolment with three
pictures, 23 times after one (LFW, dlib's network, cosine and mirror averaging)."""


@dataclass(frozen=True, slots=True)
class PictureReport:
    """What became of one picture; `reason` is empty when it was used."""

    name: str
    reason: str
    quality: float
    eye_px: float


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Somebody enrolled and how alike they are, a cosine."""

    person: str
    score: float


class EnrolmentRefusedError(DataError):
    """Nothing was stored. `why` is a word for programs; `pictures` and `look_alikes` tell the rest."""

    def __init__(
        self,
        why: str,
        message: str,
        *,
        hint: str,
        pictures: tuple[PictureReport, ...] = (),
        look_alikes: tuple[LookAlike, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint)
        self.why = why
        self.pictures = pictures
        self.look_alikes = look_alikes


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The templates that an enrolment may store, their mean (unit length), and a report on every picture."""

    templates: tuple[Template, ...]
    mean: Vector
    reports: tuple[PictureReport, ...]


def choose(shots: Sequence[Shot], model_id: str, limits: Limits, now_us: int, *, few: bool) -> Chosen:
    """Judge the pictures of one person; the best MAX_TEMPLATES are taken.

    `few`: fewer than WANTED good ones will do. Raises EnrolmentRefusedError: `too_few`, `different_people`.
    """
    best = sorted((shot for shot in shots if not _reason(shot)), key=lambda shot: -shot.described.quality)
    used = best[:MAX_TEMPLATES]
    reports = tuple(_report(shot, surplus=not _reason(shot) and shot not in used) for shot in shots)
    if len(used) < (1 if few else WANTED):
        raise EnrolmentRefusedError(
            "too_few",
            f"{len(used)} of {len(shots)} pictures are good enough, {WANTED} are asked for: {_reasons(reports)}",
            hint="take more, near, facing the camera, in even light; or accept more refusals with --allow-few",
            pictures=reports,
        )
    _check_one_person(used, limits, reports)
    vectors = (shot.described.embedding for shot in used)
    templates = tuple(Template(model_id, vector, now_us) for vector in vectors if vector is not None)
    mean = mean_template(templates, len(templates[0].vector))
    if mean is None:
        raise DataError("embeddings of one network differ in length", hint="check the model with edge models verify")
    return Chosen(templates, mean, reports)


def cost_of_few(count: int) -> str:
    """What an enrolment with so few pictures costs; empty when there are enough."""
    if count >= WANTED:
        return ""
    return (
        f"{count} of {WANTED} pictures: this person will be refused more often (one picture: about 23 times in 100"
        " instead of 5 with one frame at FMR 1e-4, LFW); add pictures with --id"
    )


def _check_one_person(used: Sequence[Shot], limits: Limits, reports: tuple[PictureReport, ...]) -> None:
    worst, names = 1.0, ("", "")
    for one, other in combinations(used, 2):
        first, second = one.described.embedding, other.described.embedding
        if first is not None and second is not None and (score := float(first @ second)) < worst:
            worst, names = score, (one.name, other.name)
    if worst < limits.same_person:
        raise EnrolmentRefusedError(
            "different_people",
            f"{names[0]} and {names[1]} show different people (cosine {worst:.2f} < {limits.same_person:.2f})",
            hint="leave out the picture that is wrong",
            pictures=reports,
        )


def _reason(shot: Shot) -> str:
    face = shot.described
    if face.reason is not None:
        return str(face.reason)
    return "no_face" if face.embedding is None else ""


def _report(shot: Shot, *, surplus: bool) -> PictureReport:
    face = shot.described
    reason = "surplus" if surplus else _reason(shot)
    return PictureReport(shot.name, reason, round(float(face.quality), 3), round(float(face.eye_px), 1))


def _reasons(reports: Sequence[PictureReport]) -> str:
    return ", ".join(f"{report.name} {report.reason}" for report in reports if report.reason) or "none was given"
