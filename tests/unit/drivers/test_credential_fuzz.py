"""The fuzzer of scripts/, for two seconds."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.scripts import load_script


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    return load_script("fuzz-credentials")


@pytest.mark.parametrize("name", ["lines", "stx", "wiegand lines", "wiegand frames", "pn532", "keypad"])
def test_damaged_bytes_crash_nothing_and_are_hardly_ever_another_card(fuzzer: ModuleType, name: str) -> None:
    found = fuzzer.fuzz(fuzzer.SUBJECTS[name], 3000, 7)
    assert found["holds"], found
    assert found["still_right"] > 100 or name == "keypad"  # damage that missed the card


def test_no_damaged_or_replayed_answer_passes_a_secure_channel(fuzzer: ModuleType) -> None:
    pytest.importorskip("osdp")
    found = fuzzer.fuzz_osdp(3000, 7)
    assert found["holds"], found
    assert found["recorded_answers"] > 5


def test_the_fuzzer_sees_false_cards(fuzzer: ModuleType) -> None:
    """A parser that believes everything."""
    stx = fuzzer.SUBJECTS["stx"]
    gullible = fuzzer.Subject(lambda: (lambda _data: ["em:0000000000"], lambda: 0, lambda: None), stx.good, stx.odds)
    assert not fuzzer.fuzz(gullible, 300, 7)["holds"]
