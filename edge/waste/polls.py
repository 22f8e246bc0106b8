"""One-question polls of the office: asked of visitors, answered by button, told so that nobody is known by it. Pure.

An answer is only counted. Counts are told when several have come together, and never with a person or a visit; what is
left at the end of a poll, when there are too few to hide among, is told as a number without the split. That a known
resident has answered is remembered apart from what they answered, as a hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from edge.actions import Action, Priority, Report
from edge.errors import DataError

TOGETHER = 5
"""So many answers are told at once."""

MOST_POLLS = 4
MOST_ANSWERED = 5000
_HASH = 16


@dataclass(frozen=True, slots=True)
class Poll:
    """One question. `until_us`: wall clock, 0: until another poll takes its place. `answered`: who has answered."""

    id: str
    texts: Mapping[str, str]
    until_us: int = 0
    yes: int = 0
    no: int = 0
    answered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Polls:
    """The polls that are open, the oldest first."""

    open: tuple[Poll, ...] = ()

    def next(self, person: str, asked: frozenset[str], wall_us: int) -> Poll | None:
        """A poll for this visitor: not over, not asked in this visit, and not answered by them before."""
        for poll in self.open:
            over = 0 < poll.until_us <= wall_us
            if not over and poll.id not in asked and not (person and _of(poll.id, person) in poll.answered):
                return poll
        return None


NONE = Polls()
Outcome = tuple[Polls, tuple[Action, ...]]


def add(polls: Polls, args: Mapping[str, Any]) -> Outcome:
    """A poll of the office; one of the same name replaces the old one, too many push out the oldest. What was counted
    of those that go is told.
    """
    new = Poll(args["poll"], MappingProxyType(dict(args["texts"])), int(args.get("until", 0)) * 1_000_000)
    kept = [poll for poll in polls.open if poll.id != new.id]
    gone = [poll for poll in polls.open if poll.id == new.id] + kept[: max(0, len(kept) + 1 - MOST_POLLS)]
    kept = kept[max(0, len(kept) + 1 - MOST_POLLS) :]
    return Polls((*kept, new)), tuple(told for poll in gone for told in _tell(poll))


def answer(polls: Polls, poll_id: str, yes: bool, person: str) -> Outcome:
    """Somebody answered; `person` is empty for somebody who is not known."""
    changed: list[Poll] = []
    actions: tuple[Action, ...] = ()
    for poll in polls.open:
        if poll.id != poll_id or (person and _of(poll.id, person) in poll.answered):
            changed.append(poll)
            continue
        if person and len(poll.answered) < MOST_ANSWERED:
            poll = replace(poll, answered=poll.answered | {_of(poll.id, person)})
        poll = replace(poll, yes=poll.yes + yes, no=poll.no + (not yes))
        if poll.yes + poll.no >= TOGETHER:
            actions = _tell(poll)
            poll = replace(poll, yes=0, no=0)
        changed.append(poll)
    return Polls(tuple(changed)), actions


def end(polls: Polls, wall_us: int) -> Outcome:
    """Take away the polls whose time is over, and tell what they counted."""
    over = [poll for poll in polls.open if 0 < poll.until_us <= wall_us]
    if not over:
        return polls, ()
    return Polls(tuple(poll for poll in polls.open if poll not in over)), tuple(t for poll in over for t in _tell(poll))


def _tell(poll: Poll) -> tuple[Report, ...]:
    given = poll.yes + poll.no
    if not given:
        return ()
    counts = {"yes": poll.yes, "no": poll.no} if given >= TOGETHER else {"withheld": given}
    return (Report("poll.answered", {"poll": poll.id, **counts}, priority=Priority.TELEMETRY),)


def _of(poll: str, person: str) -> str:
    return hashlib.sha256(f"{poll}\0{person}".encode()).hexdigest()[:_HASH]


def to_json(polls: Polls) -> list[dict[str, Any]]:
    """To be remembered over a restart."""
    return [
        {
            "id": poll.id,
            "texts": dict(poll.texts),
            "until_us": poll.until_us,
            "yes": poll.yes,
            "no": poll.no,
            "answered": sorted(poll.answered),
        }
        for poll in polls.open
    ]


def from_json(found: object) -> Polls:
    """What `to_json` wrote. Raises DataError."""
    try:
        assert isinstance(found, list)
        read = []
        for one in found[:MOST_POLLS]:
            counts = (int(one["until_us"]), int(one["yes"]), int(one["no"]))
            texts = {str(language): str(text) for language, text in one["texts"].items()}
            answered = frozenset(str(name)[:_HASH] for name in one["answered"][:MOST_ANSWERED])
            read.append(Poll(str(one["id"]), MappingProxyType(texts), *counts, answered))
    except (AssertionError, KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise DataError("the remembered polls do not hold", hint="the office may send them again") from error
    return Polls(tuple(read))
