"""Power cuts, simulated; scripts/power-cut-test makes thousands of them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.power_cut import Outcome, one_cut
from tests.power_cut_writer import one_cut_of_the_writer


def cuts(folder: Path, number: int, synchronous: str) -> Outcome:
    total = Outcome()
    for index in range(number):
        place = folder / f"{synchronous}-{index}"
        place.mkdir()
        total.add(one_cut(place, random.Random(f"cut {index}"), synchronous))
    return total


def test_nothing_that_was_reported_stored_is_lost_by_a_power_cut(tmp_path: Path) -> None:
    total = cuts(tmp_path, 120, "FULL")
    assert total.holds, total
    assert total.events > 1000


def test_nor_with_evictions_retention_erasure_and_salvage(tmp_path: Path) -> None:
    total = Outcome()
    for index in range(30):
        place = tmp_path / str(index)
        place.mkdir()
        total.add(one_cut_of_the_writer(place, random.Random(f"writer {index}")))
    assert total.holds, total
    assert min(total.events, total.evicted, total.erased, total.salvaged) > 100


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_the_simulation_finds_the_losses_of_a_weaker_setting(tmp_path: Path, synchronous: str) -> None:
    total = cuts(tmp_path, 25, synchronous)
    assert total.missing > 0 and not total.holds
