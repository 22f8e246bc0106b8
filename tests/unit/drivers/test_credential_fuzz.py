"""The fuzzer of scripts/, for two seconds."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts/fuzz-credentials"


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    import sys

    loader = SourceFileLoader("fuzz_credentials", str(SCRIPT))
    spec = spec_from_loader("fuzz_credentials", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["fuzz_credentials"] = module  # its dataclasses look themselves up
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader.exec_module(module)
    sys.dont_write_bytecode = kept
    return module


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
