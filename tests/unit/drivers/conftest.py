from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from line_bench import Bench

from edge.drivers import gpio


@pytest.fixture(autouse=True)
def nothing_is_left_claimed() -> Iterator[None]:
    """A relay that a fire keeps on is left to the end of the process; the process of the tests goes on for long."""
    yield
    while gpio._left:
        _, factory = gpio._left.pop()
        factory.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack)
