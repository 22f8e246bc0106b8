"""People who were enrolled at another device: they come with their templates, and are compared like anybody who joins.

Each roster alone refuses a face that it knows already. Whoever was enrolled on two of them, under two ids, or looks
like somebody of the other, is found when the two meet, and that is here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from edge.people.alike import SECOND_FACTOR, KnownFaces, Likeness
from edge.store.roster import Roster
from edge.store.roster_transfer import Traveller


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Whom somebody looks like, of all who were here. `renewal`: they have templates, but none of the network in use.
    `warnings`: what the office should know, in sentences.
    """

    likeness: Likeness
    renewal: bool
    warnings: tuple[str, ...]

    def as_json(self, person: str) -> dict[str, Any]:
        """Whom that person looks like, as JSON values."""
        likeness = self.likeness
        return {
            "person": person,
            "look_alikes": [asdict(other) for other in likeness.others],
            "probably": likeness.taken_for,
        }


def take_over(
    roster: Roster, known: KnownFaces, traveller: Traveller, now_us: int, *, replacing: bool = False
) -> TakenOver:
    """Add a person under the id that they have. Look-alikes are marked on both sides, and so is whom the gate would
    take for somebody else: nobody is kept out, since the office cannot leave an import half done, but neither face
    opens alone. Raises what `Roster.add` raises, and then nothing was changed.
    """
    person = traveller.person
    mean = known.mean(traveller.templates)
    likeness = Likeness() if mean is None else known.compare(mean, but=person)
    profile = replace(traveller.profile, look_alike=traveller.profile.look_alike or bool(likeness.others))
    # In one transaction: after a power cut a second import passes over who is here, and nobody would be compared again.
    roster.add(profile, traveller.templates, now_us, person=person, replace=replacing, alike=likeness.people)
    known.keep(person, mean)
    renewal = bool(traveller.templates) and all(one.model != known.model_id for one in traveller.templates)
    return TakenOver(likeness, renewal, _warnings(traveller, known, likeness, compared=mean is not None))


def _warnings(traveller: Traveller, known: KnownFaces, likeness: Likeness, *, compared: bool) -> tuple[str, ...]:
    person = traveller.person
    found = []
    if likeness.others:
        found.append(f"{person} looks like {likeness.names}: {SECOND_FACTOR}")
    if likeness.taken_for:
        found.append(f"{person} is probably the same person as {likeness.taken_for}: if so, erase one of the two")
    if traveller.templates and not compared:
        found.append(f"{person} could not be compared with anybody: no template of {known.model_id} that fits")
    return tuple(found)
