"""Whose card, whose number, whose PIN: what the roster means to the readers and to the keypad.

A card or number of two people is nobody's: which of them stands there cannot be told, and a roster that was put
together from several sources may hold such a pair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.store.roster_records import Person


@dataclass(frozen=True, slots=True)
class Books:
    """`cards`: the person by card. `pins`: hash of the PIN and of the duress PIN, which may be empty, by person; a
    revoked person is not in it. `numbers`: by person. `shared`: how many cards and numbers were left out as two
    people's.
    """

    cards: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pins: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    numbers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    shared: int = 0


def make_books(people: Sequence[Person]) -> Books:
    """The books of those who can be read."""
    cards = [(card, person.person) for person in people for card in person.profile.cards]
    numbers = [(person.profile.number, person.person) for person in people if person.profile.number]
    own_cards, own_numbers = _owned(cards), _owned(numbers)
    return Books(
        cards=own_cards,
        pins=MappingProxyType(
            {
                person.person: (person.profile.pin_hash, person.profile.duress_hash)
                for person in people
                if person.profile.pin_hash and not person.profile.revoked
            }
        ),
        numbers=MappingProxyType({person: number for number, person in own_numbers.items()}),
        shared=len(dict(cards)) - len(own_cards) + len(dict(numbers)) - len(own_numbers),
    )


def _owned(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """What is one person's alone, and whose."""
    pairs = list(pairs)
    owners = Counter(name for name, _ in pairs)
    return MappingProxyType({name: person for name, person in pairs if owners[name] == 1})
