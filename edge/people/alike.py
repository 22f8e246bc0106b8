"""Who on a roster looks like whom: what everybody is compared with who joins it, by whichever way they come.

A face alone must not open for two people whom the gate could take for each other, so both are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
    """Whom a face is like, the most alike first. `taken_for`: the one for whom the gate would open to it; empty when
    there is none.
    """

    others: tuple[LookAlike, ...] = ()
    taken_for: str = ""

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
        self._roster = roster
        self._limits_for = limits
        loaded = load_gallery(roster, model_id)
        self._rows: dict[str, Vector] = dict(zip(loaded.ids, loaded.matrix, strict=True))
        self._unseen = {*loaded.needs_renewal, *(fault.person for fault in loaded.faults)}

    @property
    def limits(self) -> Limits:
        """With one more person."""
        return self._limits_for(len(self._rows) + 1)

    def row(self, person: str) -> Vector | None:
        """The mean template of somebody; None when they have none that can be compared."""
        return self._rows.get(person)

    def mean(self, templates: Sequence[Template]) -> Vector | None:
        """The mean of those of the network; None when there are none, or they are not like those of the roster."""
        current = [template for template in templates if template.model == self.model_id]
        known = next(iter(self._rows.values()), None)
        return mean_template(current, len(current[0].vector if known is None else known)) if current else None

    def compare(self, mean: Vector, *, but: str = "") -> Likeness:
        """Everybody but that person with a face (unit length, D float32)."""
        ids = [person for person in self._rows if person != but]
        if not ids:
            return Likeness()
        limits = self.limits
        cosines = np.stack([self._rows[person] for person in ids]) @ mean
        order = [int(at) for at in np.argsort(-cosines)]
        best = float(cosines[order[0]])
        second = max(limits.floor, float(cosines[order[1]]) if len(order) > 1 else limits.floor)
        alike = tuple(
            LookAlike(ids[at], round(float(cosines[at]), 4))
            for at in order
            if score(float(cosines[at]), second) >= limits.look_alike
        )
        return Likeness(alike, ids[order[0]] if score(best, second) >= limits.duplicate else "")

    def keep(self, person: str, mean: Vector | None) -> None:
        """From now on this is their face; None: nobody can be compared with them any more."""
        self._unseen.discard(person)
        self._rows.pop(person, None)
        if mean is not None:
            self._rows[person] = mean

    def mark(self, people: Sequence[str], now_us: int) -> None:
        """A face alone opens for none of these from now on."""
        for person in people:
            self._roster.change(person, lambda old: replace(old, look_alike=True), now_us)

    def blind(self) -> str:
        """With how many people of the roster nobody was compared; empty when there are none."""
        if not self._unseen:
            return ""
        return f"could not be compared with {len(self._unseen)} people, who need renewal or are damaged"
