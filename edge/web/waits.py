"""The ways in that a gate takes, and how long people waited with each, in the visitor's language.

Whether a way without a face is as fast as one with it is to be seen by whoever opens the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edge.web.facts import Fact, Say

NAMES = {"face": "Face", "card": "Card", "pin": "PIN", "pass": "Pass"}


def waits(status: dict[str, Any], say: Say) -> Iterator[Fact]:
    """First which ways are taken at this hour, then a line for each of them and for each that somebody has gone."""
    if (access := status.get("access")) is None:
        return
    taken, figures = access.get("ways", []), access.get("figures", {})
    yield "ways", say("Taken now"), ", ".join(_name(way, say) for way in taken)
    for way in dict.fromkeys((*taken, *figures)):
        yield f"waited-{way}", _name(way, say), _waited(figures.get(way), say)


def _name(way: str, say: Say) -> str:
    return " + ".join(say(NAMES.get(factor, factor)) for factor in way.split("+"))


def _waited(summary: dict[str, float] | None, say: Say) -> str:
    if not summary:
        return say("nobody yet")
    told = say("{count} let in, median {median} s, 99 % within {most} s")
    return told.format(count=summary["count"], median=_seconds(summary["p50_ms"]), most=_seconds(summary["p99_ms"]))


def _seconds(value_ms: float) -> str:
    """A card takes milliseconds, gestures take half a minute."""
    seconds = value_ms / 1e3
    return f"{seconds:.{1 if seconds >= 10 else 2 if seconds >= 0.1 else 3}f}"
