from __future__ import annotations

from edge.runtime.renewable import Renewable


class Clerk:
    def __init__(self, last: Clerk | None) -> None:
        self.last = last


def test_the_first_is_there_before_it_runs() -> None:
    office = Renewable(Clerk)
    first = office.now
    assert first.last is None
    assert office() is first
    assert office.now is first


def test_each_further_one_is_made_from_its_predecessor() -> None:
    office = Renewable(Clerk)
    first = office()
    second = office()
    assert second is not first
    assert (second.last, office.now) == (first, second)
    assert office().last is second
