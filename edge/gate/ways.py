"""Ways in: which factors are enough for whom and when, and what somebody has shown so far. Pure.

A way is a set of factors, all of which must be fresh and of one person. Which list of ways holds is told by the person
first, then by their groups, then by the hour, then by the site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from edge.config.schema import Access
from edge.events import AccessRule, Way
from edge.schedules import any_covers

FRESH_S = 20.0
"""How long a factor waits for the others: long enough to find a card in a bag, and nobody else has come by then."""
_MOST_PEOPLE = 8  # who have shown something lately; the oldest makes room

Ways = tuple[frozenset[Way], ...]

_CARD_OR_SUCH = (Way.PIN, Way.CARD, Way.PASS)  # what tells look-alikes apart, the one asked for first


def parse(texts: Iterable[str]) -> Ways:
    """Read ways like "card+pin"; a factor that this version does not know makes a way that nobody can go."""
    known = {str(way) for way in Way}
    split = [text.split("+") for text in texts]
    return tuple(frozenset(map(Way, parts)) for parts in split if set(parts) <= known)


class WayRules:
    """The site's lists of ways, parsed once. Immutable."""

    def __init__(self, access: Access) -> None:
        self._site = parse(access.ways)
        self._groups = {group: parse(texts) for group, texts in access.group_ways.items()}
        intervals = access.intervals()
        self._hours = [(intervals.get(name, ()), parse(texts)) for name, texts in access.ways_at.items()]

    def of_the_hour(self, local: datetime | None) -> Ways:
        """What the site asks for at this moment. `local`: None where the clock cannot be trusted: then what is enough
        at every hour is enough.
        """
        if local is None:
            ways = self._site
            for _, asked in self._hours:
                ways = _both(ways, asked)
            return ways
        return next((ways for intervals, ways in self._hours if any_covers(intervals, local)), self._site)

    def of_some(self, local: datetime | None) -> Ways:
        """What is enough at this moment for everybody, or for the members of some group."""
        lists = (self.of_the_hour(local), *self._groups.values())
        return tuple(dict.fromkeys(way for ways in lists for way in ways))

    def of(self, rule: AccessRule, local: datetime | None) -> Ways:
        """What is enough for this person at this moment. For somebody in several groups with ways of their own, what is
        enough for all of them.
        """
        if rule.ways:
            ways = parse(rule.ways)
        elif own := [self._groups[group] for group in rule.groups if group in self._groups]:
            ways = own[0]
            for more in own[1:]:
                ways = _both(ways, more)
        else:
            ways = self.of_the_hour(local)
        return _told_apart(ways) if rule.look_alike else ways


def _both(first: Ways, second: Ways) -> Ways:
    """The ways that satisfy both lists, without those that ask for more than another one does."""
    joined = {one | other for one in first for other in second}
    return tuple(sorted((way for way in joined if not any(less < way for less in joined)), key=sorted))


def _told_apart(ways: Ways) -> Ways:
    """A face alone does not tell look-alikes apart: something else is wanted beside it."""
    alone = frozenset({Way.FACE})
    kept = [way for way in ways if way != alone]
    if alone in ways:
        kept += [alone | {more} for more in _CARD_OR_SUCH if frozenset({more}) not in kept]
        kept += [] if kept else [alone | {Way.PIN}]
    return tuple(dict.fromkeys(kept))


@dataclass(frozen=True, slots=True)
class Factor:
    """Something shown, and when (monotonic seconds). `waited_s`: how long it took until it was read; `data`: for the
    event.
    """

    at_s: float
    waited_s: float = 0.0
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Shown:
    """What people have shown and what is still fresh, by person. `ghost_s`: when somebody who is nobody here was asked
    for more as a resident would have been; `ghost`: "face", or "card:" and the alias of their card.
    """

    people: Mapping[str, Mapping[Way, Factor]] = field(default_factory=lambda: MappingProxyType({}))
    ghost_s: float = float("-inf")
    ghost: str = ""

    def of(self, person: str, now_s: float) -> Mapping[Way, Factor]:
        """This person's fresh factors."""
        factors = self.people.get(person, {})
        return {way: factor for way, factor in factors.items() if now_s - factor.at_s < FRESH_S}

    def latest(self, now_s: float) -> str:
        """Who was last to show something and is waited for; empty when nobody is."""
        times = {person: max(factor.at_s for factor in factors.values()) for person, factors in self.people.items()}
        fresh = {person: at_s for person, at_s in times.items() if now_s - at_s < FRESH_S and at_s >= self.ghost_s}
        return max(fresh, key=lambda person: fresh[person], default="")


def show(shown: Shown, person: str, way: Way, factor: Factor) -> Shown:
    """Somebody has shown something."""
    people = {one: factors for one, factors in shown.people.items() if one != person}
    while len(people) >= _MOST_PEOPLE:
        people.pop(next(iter(people)))
    people[person] = MappingProxyType({**shown.of(person, factor.at_s), way: factor})
    return replace(shown, people=MappingProxyType(people))


def forget(shown: Shown, person: str) -> Shown:
    """What somebody has shown is used up."""
    return replace(shown, people=MappingProxyType({one: f for one, f in shown.people.items() if one != person}))


def completed(ways: Ways, have: Iterable[Way]) -> frozenset[Way] | None:
    """The first way that is complete."""
    shown = set(have)
    return next((way for way in ways if way <= shown), None)


def more_than(ways: Ways, way: Way) -> Way | None:
    """What a resident who shows `way` alone is asked for besides; None where that is enough, or leads nowhere."""
    return None if frozenset({way}) in ways else wanted(ways, (way,), way)


def wanted(ways: Ways, have: Iterable[Way], last: Way) -> Way | None:
    """What to ask for next: of the way that needs least besides what was shown. `last`: what was shown just now; None
    when no way leads through it.
    """
    shown = set(have)
    open_ways: Sequence[frozenset[Way]] = [way for way in ways if last in way]
    if not open_ways:
        return None
    nearest = min(open_ways, key=lambda way: len(way - shown))
    return next(way for way in (Way.PIN, Way.CARD, Way.FACE, Way.PASS) if way in nearest - shown)
