"""Who on a roster looks like whom: what everybody is compared with who joins it, by whichever way they come.

A face alone must not open for two people whom the gate could take for each other, so both are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from edge.people.describe import Limits
from edge.people.gallery import load_gallery, mean_template
from edge.people.judge import LookAlike
from edge.store.roster import Roster
from edge.store.roster_records import Template, Vector
from edge.vision.score import score

SECOND_FACTOR = "all of them need a second factor now, give them a card or a PIN"


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whom a face is like, the most alike first. `taken_for`: the one for whom the gate would open to it, if it did
    not know that one's face under further ids; empty when there is none.
    """

    others: tuple[LookAlike, ...] = ()
    taken_for: str = ""

    @property
    def people(self) -> list[str]:
        """Their ids."""
        return [other.person for other in self.others]

    @property
    def names(self) -> str:
        """Ids and cosines, for a sentence."""
        return ", ".join(f"{other.person} ({other.score:.2f})" for other in self.others)


class KnownFaces:
    """The faces on a roster as one network knows them.

    It reads the gallery once, and whoever adds people keeps it up to date. `limits` tells them for a number of people,
    since the gate's operating point follows from it. Raises as `load_gallery`.
    """

    def __init__(self, roster: Roster, model_id: str, limits: Callable[[int], Limits]) -> None:
        self.model_id = model_id
        self._limits_for = limits
        loaded = load_gallery(roster, model_id)
        self._ids = list(loaded.ids)
        self._rows = loaded.matrix
        self._unseen = {*loaded.needs_renewal, *(fault.person for fault in loaded.faults)}

    @property
    def limits(self) -> Limits:
        """With one more person."""
        return self._limits_for(len(self._ids) + 1)

    def row(self, person: str) -> Vector | None:
        """The mean template of somebody; None when they have none that can be compared."""
        return self._rows[self._ids.index(person)] if person in self._ids else None

    def mean(self, templates: Sequence[Template]) -> Vector | None:
        """The mean of those of the network; None when there are none, or they are not like those of the roster."""
        current = [template for template in templates if template.model == self.model_id]
        return mean_template(current, len(self._rows[0] if self._ids else current[0].vector)) if current else None

    def compare(self, mean: Vector, *, but: str = "") -> Likeness:
        """Everybody but that person with a face (unit length, D float32).

        The margin is the gate's, but whoever is like the nearest person does not count as the second-best: two records
        of one face would hide each other, and every further record of it would be nobody's double.
        """
        if all(person == but for person in self._ids):
            return Likeness()
        limits = self.limits
        cosines = self._rows @ mean
        best, *rest = (int(at) for at in np.argsort(-cosines) if self._ids[at] != but)
        apart = (float(cosines[at]) for at in rest if not self._are_alike(best, at, limits))
        second = max(limits.floor, next(apart, limits.floor))
        alike = takewhile(lambda at: score(float(cosines[at]), second) >= limits.look_alike, (best, *rest))
        return Likeness(
            tuple(LookAlike(self._ids[at], round(float(cosines[at]), 4)) for at in alike),
            self._ids[best] if score(float(cosines[best]), second) >= limits.duplicate else "",
        )

    def _are_alike(self, one: int, other: int, limits: Limits) -> bool:
        """Two rows, as if there were nobody else."""
        return score(float(self._rows[one] @ self._rows[other]), limits.floor) >= limits.look_alike

    def keep(self, person: str, mean: Vector | None) -> None:
        """From now on this is their face; None: nobody can be compared with them any more."""
        self._unseen.discard(person)
        if person in self._ids:
            at = self._ids.index(person)
            del self._ids[at]
            self._rows = np.delete(self._rows, at, axis=0)
        if mean is not None:
            self._rows = np.vstack((self._rows, mean)) if self._ids else mean[np.newaxis]
            self._ids.append(person)

    def blind(self) -> str:
        """With how many people of the roster nobody was compared; empty when there are none."""
        if not self._unseen:
            return ""
        return f"could not be compared with {len(self._unseen)} people, who need renewal or are damaged"
