"""The fuzzer of scripts/, for two seconds."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts/fuzz-commands"


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    import sys

    loader = SourceFileLoader("fuzz_commands", str(SCRIPT))
    spec = spec_from_loader("fuzz_commands", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["fuzz_commands"] = module  # its dataclasses look themselves up
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader.exec_module(module)
    sys.dont_write_bytecode = kept
    return module


def test_nothing_damaged_or_forged_does_anything(fuzzer: ModuleType) -> None:
    found = fuzzer.fuzz(4000, 7)
    assert found["holds"], found
    assert {"altered", "malformed", "replayed", "foreign", "expired", "unknown_key"} <= set(found["reasons"])


def test_the_fuzzer_sees_what_is_carried_out(fuzzer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """With payloads that have no flaw at all."""
    payloads = fuzzer.Payloads

    class Good(payloads):  # type: ignore[misc, valid-type]
        def command(self) -> tuple[str, bytes]:
            claims = self._claims("restart")
            return "restart", fuzzer.sign(claims, fuzzer.COMMAND, "office", self.office).encode()

    monkeypatch.setattr(fuzzer, "Payloads", Good)
    found = fuzzer.fuzz(20, 7)
    assert found["acted"]
    assert not found["holds"]
