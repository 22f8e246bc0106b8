"""The fuzzer of scripts/, for two seconds."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.scripts import load_script


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    return load_script("fuzz-commands")


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
