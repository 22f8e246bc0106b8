"""Enrolling people: nobody twice, nobody under another's name, and the office told who looks like whom.

The gate is no better than its templates: a poor one refuses its owner for years, one of two people lets both in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from edge.people.alike import SECOND_FACTOR, KnownFaces, Likeness
from edge.people.describe import Limits, Shot
from edge.people.judge import Chosen, EnrolmentRefusedError, LookAlike, PictureReport, choose, cost_of_few
from edge.store.roster import Roster
from edge.store.roster_records import Profile


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who was enrolled, and what the office should know about it."""

    person: str
    pictures: tuple[PictureReport, ...]
    look_alikes: tuple[LookAlike, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


class Enroller:
    """Enrols people one after the other into a roster, for one embedding network.

    A folder of a thousand people does not read the gallery a thousand times. `limits` as for `KnownFaces`.
    """

    def __init__(self, roster: Roster, model_id: str, limits: Callable[[int], Limits]) -> None:
        self._roster = roster
        self._model = model_id
        self._known = KnownFaces(roster, model_id, limits)

    def enrol(
        self, shots: Sequence[Shot], profile: Profile, now_us: int, *, few: bool = False, duplicate: bool = False
    ) -> Enrolled:
        """Enrol a new person.

        `few`: one or two good pictures will do. `duplicate`: enrol also whom the gate would take for somebody who
        is enrolled. Whoever looks alike is marked so, on both sides, since a face alone does not tell them apart.
        Raises EnrolmentRefusedError: `too_few`, `different_people`, `duplicate`.
        """
        chosen = choose(shots, self._model, self._known.limits, now_us, few=few)
        likeness = self._likeness(chosen, allowed=duplicate)
        profile = replace(profile, look_alike=profile.look_alike or bool(likeness.others))
        person = self._roster.add(profile, chosen.templates, now_us, alike=likeness.people)
        self._known.keep(person, chosen.mean)
        return Enrolled(person, chosen.reports, likeness.others, self._warnings(chosen, likeness))

    def renew(self, person: str, shots: Sequence[Shot], now_us: int, *, few: bool = False) -> Enrolled:
        """Add pictures to a person, after a change of the network for instance.

        Pictures of somebody else are refused as far as there are templates to compare with; otherwise a
        stranger's face could be slipped in under a resident's name. Raises EnrolmentRefusedError: as `enrol`, and
        `another_person`.
        """
        chosen = choose(shots, self._model, self._known.limits, now_us, few=few)
        row = self._known.row(person)
        if row is not None and float(row @ chosen.mean) < self._known.limits.same_person:
            raise EnrolmentRefusedError(
                "another_person",
                f"the pictures do not show {person}, as far as the network can tell",
                hint="check the id; if the old pictures were the wrong ones, erase the person and enrol anew",
                pictures=chosen.reports,
            )
        likeness = self._likeness(chosen, allowed=False, but=person)
        alike = [person, *likeness.people] if likeness.others else []
        self._roster.add_templates(person, chosen.templates, now_us, alike=alike)
        renewed = self._roster.get(person)
        mean = self._known.mean(renewed.templates)
        self._known.keep(person, chosen.mean if mean is None else mean)
        warnings = self._warnings(chosen, likeness)
        if renewed.profile.revoked:
            warnings += ("this person is revoked, and stays so",)
        if row is None:
            warnings += ("there was nothing to compare with: make sure that the pictures show this person",)
        return Enrolled(person, chosen.reports, likeness.others, warnings)

    def _likeness(self, chosen: Chosen, *, allowed: bool, but: str = "") -> Likeness:
        found = self._known.compare(chosen.mean, but=but)
        if found.taken_for and not allowed:
            raise EnrolmentRefusedError(
                "duplicate",
                f"the gate would take this face for {found.taken_for}, who is enrolled"
                f" (cosine {found.others[0].score:.2f})",
                hint="is it the same person? then use --id; a twin can be enrolled with --allow-duplicate",
                pictures=chosen.reports,
                look_alikes=found.others,
            )
        return found

    def _warnings(self, chosen: Chosen, likeness: Likeness) -> tuple[str, ...]:
        found = [cost_of_few(len(chosen.templates))]
        if likeness.others:
            found.append(f"looks like {likeness.names}: {SECOND_FACTOR}")
        found.append(self._known.blind())
        return tuple(text for text in found if text)
