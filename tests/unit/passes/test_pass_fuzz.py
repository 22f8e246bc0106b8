"""The fuzzer of scripts/, for a few seconds."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.scripts import load_script


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    return load_script("fuzz-passes")


def test_nothing_damaged_or_forged_opens(fuzzer: ModuleType) -> None:
    found = fuzzer.fuzz(700, 7)
    assert found["holds"] or found["slowest_ms"] > 1000, found  # a busy machine may stand still for a second
    assert not found["granted"] and not found["counted"] and not found["faults"]
    assert found["pictures_legible"] > 100
    assert {"used_up", "revoked", "expired", "not_yet_valid", "wrong_site", "wrong_zone"} <= set(found["reasons"])


def test_the_fuzzer_sees_what_opens(fuzzer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tokens that have no flaw at all."""
    inputs = fuzzer.Inputs

    class Good(inputs):  # type: ignore[misc, valid-type]
        def token(self) -> bytes:
            claims = {"n": fuzzer.FRESH, "p": fuzzer.PERSON, "s": "fuzz", "e": fuzzer.NOW_S + 60, "u": 1}
            return bytes(fuzzer.sign(claims, fuzzer.KIND, "office", self.office).encode())

    monkeypatch.setattr(fuzzer, "Inputs", Good)
    found = fuzzer.fuzz(5, 1)
    assert (found["granted"], found["counted"], found["holds"]) == (1, True, False)
