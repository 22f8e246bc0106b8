"""Enrolling people: nobody twice, nobody under another's name, and the office told who looks like whom.

The gate is no better than its templates: a poor one refuses its owner for years, one of two people lets both in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from edge.people.describe import Limits, Shot
from edge.people.gallery import load_gallery, mean_template
from edge.people.judge import Chosen, EnrolmentRefusedError, LookAlike, PictureReport, choose, cost_of_few
from edge.store.roster import Roster
from edge.store.roster_records import Profile, Vector
from edge.vision.score import score


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

    It reads the gallery once and keeps it up to date, so that a folder of a thousand people does not read it a
    thousand times. `limits` tells them for a number of people, since the gate's operating point follows from it.
    """

    def __init__(self, roster: Roster, model_id: str, limits: Callable[[int], Limits]) -> None:
        self._roster = roster
        self._model = model_id
        self._limits_for = limits
        loaded = load_gallery(roster, model_id)
        self._rows: dict[str, Vector] = dict(zip(loaded.ids, loaded.matrix, strict=True))
        self._unseen = {*loaded.needs_renewal, *(fault.person for fault in loaded.faults)}

    def enrol(
        self, shots: Sequence[Shot], profile: Profile, now_us: int, *, few: bool = False, duplicate: bool = False
    ) -> Enrolled:
        """Enrol a new person.

        `few`: one or two good pictures will do. `duplicate`: enrol also whom the gate would take for somebody who
        is enrolled. Whoever looks alike is marked so, on both sides, since a face alone does not tell them apart.
        Raises EnrolmentRefusedError: `too_few`, `different_people`, `duplicate`.
        """
        chosen = choose(shots, self._model, self._limits, now_us, few=few)
        alike = self._look_alikes(chosen, allowed=duplicate)
        profile = replace(profile, look_alike=profile.look_alike or bool(alike))
        person = self._roster.add(profile, chosen.templates, now_us)
        self._mark([other.person for other in alike], now_us)
        self._rows[person] = chosen.mean
        return Enrolled(person, chosen.reports, alike, self._warnings(chosen, alike))

    def renew(self, person: str, shots: Sequence[Shot], now_us: int, *, few: bool = False) -> Enrolled:
        """Add pictures to a person, after a change of the network for instance.

        Pictures of somebody else are refused as far as there are templates to compare with; otherwise a
        stranger's face could be slipped in under a resident's name. Raises EnrolmentRefusedError: as `enrol`, and
        `another_person`.
        """
        chosen = choose(shots, self._model, self._limits, now_us, few=few)
        row = self._rows.get(person)
        if row is not None and float(row @ chosen.mean) < self._limits.same_person:
            raise EnrolmentRefusedError(
                "another_person",
                f"the pictures do not show {person}, as far as the network can tell",
                hint="check the id; if the old pictures were the wrong ones, erase the person and enrol anew",
                pictures=chosen.reports,
            )
        alike = self._look_alikes(chosen, allowed=False, but=person)
        self._roster.add_templates(person, chosen.templates)
        self._mark([person, *(other.person for other in alike)] if alike else [], now_us)
        known = self._roster.get(person)
        current = [template for template in known.templates if template.model == self._model]
        mean = mean_template(current, len(chosen.mean))
        self._rows[person] = chosen.mean if mean is None else mean
        self._unseen.discard(person)
        warnings = self._warnings(chosen, alike)
        if known.profile.revoked:
            warnings += ("this person is revoked, and stays so",)
        if row is None:
            warnings += ("there was nothing to compare with: make sure that the pictures show this person",)
        return Enrolled(person, chosen.reports, alike, warnings)

    @property
    def _limits(self) -> Limits:
        return self._limits_for(len(self._rows) + 1)

    def _look_alikes(self, chosen: Chosen, *, allowed: bool, but: str = "") -> tuple[LookAlike, ...]:
        ids = [person for person in self._rows if person != but]
        if not ids:
            return ()
        limits = self._limits
        cosines = np.stack([self._rows[person] for person in ids]) @ chosen.mean
        order = [int(at) for at in np.argsort(-cosines)]
        best = float(cosines[order[0]])
        second = max(limits.floor, float(cosines[order[1]]) if len(order) > 1 else limits.floor)
        alike = tuple(
            LookAlike(ids[at], round(float(cosines[at]), 4))
            for at in order
            if score(float(cosines[at]), second) >= limits.look_alike
        )
        if score(best, second) >= limits.duplicate and not allowed:
            raise EnrolmentRefusedError(
                "duplicate",
                f"the gate would take this face for {ids[order[0]]}, who is enrolled (cosine {best:.2f})",
                hint="is it the same person? then use --id; a twin can be enrolled with --allow-duplicate",
                pictures=chosen.reports,
                look_alikes=alike,
            )
        return alike

    def _mark(self, people: Sequence[str], now_us: int) -> None:
        for person in people:
            self._roster.change(person, lambda old: replace(old, look_alike=True), now_us)

    def _warnings(self, chosen: Chosen, alike: Sequence[LookAlike]) -> tuple[str, ...]:
        found = [cost_of_few(len(chosen.templates))]
        if alike:
            names = ", ".join(f"{other.person} ({other.score:.2f})" for other in alike)
            found.append(f"looks like {names}: all of them need a second factor now, give them a card or a PIN")
        if self._unseen:
            found.append(f"could not be compared with {len(self._unseen)} people, who need renewal or are damaged")
        return tuple(text for text in found if text)
