"""Runs of sequence numbers: which are covered, what is missing between them.

A span (first, last) includes both ends. A set of numbers is kept as spans that neither overlap nor touch, so that a
gapless history of a year is one span.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]


def united(spans: Iterable[Span]) -> list[Span]:
    """The same numbers in the fewest spans, in their order."""
    result: list[Span] = []
    for first, last in sorted(spans):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result


def holes(spans: Iterable[Span]) -> Iterator[Span]:
    """What is missing from 1 up to the end of the last span; the spans must be united and in their order."""
    expected = 1
    for first, last in spans:
        if first > expected:
            yield expected, first - 1
        expected = last + 1
