"""The gallery: one row per person, which a probe is compared with in one matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.events import AccessRule
from edge.people.books import Books, make_books
from edge.store.roster import Roster
from edge.store.roster_records import Fault, Person, Template, Vector

_MIN_NORM = 0.1  # of a mean of unit vectors; below it they have nothing in common and no direction


@dataclass(frozen=True, slots=True, eq=False)
class LoadedGallery:
    """What the roster means to a gate with one embedding network.

    `matrix`: N × D float32, C-contiguous, rows of unit length; row i is `ids[i]`. Revoked people are in it, so that
    they are refused with the reason. `rules`: everybody who can be read, those without a row too. `needs_renewal`:
    ids of those whose templates all come from another network; they are never compared. `faults`: the skipped. `books`:
    whose cards and PINs are whose.
    """

    matrix: NDArray[np.float32]
    ids: tuple[str, ...]
    rules: dict[str, AccessRule]
    needs_renewal: tuple[str, ...]
    faults: tuple[Fault, ...]
    books: Books = Books()


def load_gallery(roster: Roster, model_id: str, *, dimension: int = 0) -> LoadedGallery:
    """Read everybody and average the templates of `model_id` to one unit row per person.

    `dimension`: D of the network; 0 takes it from the first template. Templates of another length are a fault of
    that person. Raises DataError when the file is damaged, RosterBusyError when it is being written.
    """
    people, faults = roster.people()
    ids: list[str] = []
    rows: list[Vector] = []
    renewal: list[str] = []
    for person in people:
        current = [template for template in person.templates if template.model == model_id]
        if not current:
            if person.templates:  # otherwise they come by card or PIN
                renewal.append(person.person)
            continue
        dimension = dimension or len(current[0].vector)
        row = mean_template(current, dimension)
        if row is None:
            faults.append(Fault(person.person, f"templates do not have {dimension} numbers or have nothing in common"))
        else:
            ids.append(person.person)
            rows.append(row)
    faulty = {fault.person for fault in faults}
    sound = [person for person in people if person.person not in faulty]
    books = make_books(sound)
    return LoadedGallery(
        matrix=np.stack(rows) if rows else np.empty((0, dimension), np.float32),
        ids=tuple(ids),
        rules={
            person.person: replace(access_rule(person), number=books.numbers.get(person.person, "")) for person in sound
        },
        needs_renewal=tuple(renewal),
        faults=tuple(faults),
        books=books,
    )


def access_rule(person: Person) -> AccessRule:
    """What the decision needs to know of a person."""
    profile = person.profile
    return AccessRule(
        person=person.person,
        valid_from=profile.valid_from,
        valid_until=profile.valid_until,
        revoked=profile.revoked,
        groups=profile.groups,
        schedules=profile.schedules,
        ways=profile.ways,
        number=profile.number,
        look_alike=profile.look_alike,
        slow=profile.slow,
    )


def mean_template(templates: Sequence[Template], dimension: int) -> Vector | None:
    """The mean direction of templates, a unit vector of D float32; None when they have none or do not fit."""
    if any(len(template.vector) != dimension for template in templates):
        return None
    mean = np.mean([template.vector for template in templates], axis=0, dtype=np.float64)
    norm = float(np.linalg.norm(mean))
    if norm < _MIN_NORM:
        return None
    unit: Vector = np.asarray(mean / norm, np.float32)
    return unit
