"""The manifest's writer against Python's own reader."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.install.conversion import manifest_toml

MANIFEST = Path(__file__).resolve().parents[3] / "models" / "manifest.toml"
PLAIN = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
TREES = st.recursive(PLAIN, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3))


def test_the_shipped_manifest_survives() -> None:
    document = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
    assert tomllib.loads(manifest_toml.dumps(document)) == document


def test_the_figures_and_tensors_stay_on_one_line() -> None:
    document = {"a": {"measured": {"ms": {"int8": 1.5}}, "input": {"shape": [1, 2]}, "points": [{"mesh": [1]}]}}
    assert manifest_toml.dumps(document).splitlines() == [
        "[a]",
        "input = { shape = [1, 2] }",
        "",
        "[a.measured]",
        "ms = { int8 = 1.5 }",
        "",
        "[[a.points]]",
        "mesh = [1]",
    ]


@given(st.dictionaries(st.text(), TREES, max_size=4))
def test_reading_gives_back_what_was_written(document: dict[str, object]) -> None:
    assert tomllib.loads(manifest_toml.dumps(document)) == document


def test_a_value_that_toml_has_no_words_for_is_refused() -> None:
    with pytest.raises(TypeError, match="None"):
        manifest_toml.dumps({"a": None})
