"""What a pass says comes back as it was signed, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from edge.contract.claims import CLAIMS as CONTRACT
from edge.errors import DataError
from edge.passes.token import KIND, LAST_SECOND, MOST_BYTES, Pass, issue, read
from edge.tokens import BadTokenError, UnknownSignerError, sign, verify
from tests.unit.passes.pass_samples import KEYS, NOW_S, NUMBER, OFFICE, OFTEN, ONCE, PERSON, STRANGER, token

CLAIMS: dict[str, Any] = {"n": NUMBER, "p": PERSON, "s": "riverside", "e": NOW_S + 60, "u": 1}
IDS = st.text("0123456789abcdef", min_size=16, max_size=16)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)


@st.composite
def passes(draw: st.DrawFn) -> Pass:
    begin = draw(st.none() | st.integers(0, LAST_SECOND - 1))
    expires = draw(st.none() | st.integers((begin or 0) + 1, LAST_SECOND))
    uses = draw(st.none() | st.integers(1, 1000)) if expires else None
    zones = tuple(draw(st.lists(NAMES, max_size=3)))
    return Pass(draw(IDS), draw(IDS), draw(NAMES), draw(st.booleans()), zones, begin, expires, uses)


@given(passes())
def test_what_was_signed_is_read(shown: Pass) -> None:
    assert read(issue(shown, "anna", OFFICE).encode(), KEYS) == shown


@given(passes(), st.data())
def test_a_changed_character_is_no_pass(shown: Pass, data: st.DataObject) -> None:
    good = bytearray(issue(shown, "anna", OFFICE).encode())
    at, bit = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 7))
    good[at] ^= 1 << bit
    try:
        found = read(bytes(good), KEYS)
    except BadTokenError:
        return
    assert found == shown  # the last character of base64 has bits that say nothing


def test_its_claims_are_those_of_the_contract() -> None:
    every = Pass(NUMBER, PERSON, "riverside", True, ("main",), NOW_S, NOW_S + 60, 10)
    for shown in (every, OFTEN):
        _, claims = verify(issue(shown, "anna", OFFICE).encode(), KIND, KEYS)
        Draft202012Validator(CONTRACT[KIND]).validate(claims)


def test_no_name_is_in_it_and_it_is_short() -> None:
    visitor = Pass(NUMBER, PERSON, "willow-court", True, ("main", "pool"), NOW_S, NOW_S + 60, 10)
    assert len(issue(ONCE, "anna", OFFICE)) <= 271  # version 10 at level L, which a gate reads at a hand's length
    assert len(issue(visitor, "reception-desk", OFFICE)) <= MOST_BYTES


def test_what_would_be_too_large_for_the_camera_is_not_signed() -> None:
    with pytest.raises(DataError, match="legible"):
        issue(Pass(NUMBER, PERSON, "s" * 63, zones=("z" * 60, "y" * 60)), "anna", OFFICE)


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "x"},
        {"number": NUMBER.upper()},
        {"holder": ""},
        {"site": "River Side"},
        {"site": ""},
        {"zones": ("a/b",)},
        {"zones": ("z",) * 9},
        {"visitor": 1},
        {"not_before": -1},
        {"expires": LAST_SECOND + 1},
        {"expires": True},
        {"not_before": NOW_S, "expires": NOW_S},
        {"uses": 0, "expires": NOW_S},
        {"uses": 1001, "expires": NOW_S},
        {"uses": True, "expires": NOW_S},
        {"uses": 1},
    ],
)
def test_what_no_pass_may_say(changes: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        Pass(**{"number": NUMBER, "holder": PERSON, "site": "riverside", **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"n": None},
        {"n": 5},
        {"p": [PERSON]},
        {"s": {"a": 1}},
        {"v": True},
        {"v": 2},
        {"v": "1"},
        {"z": "main"},
        {"z": [5]},
        {"z": None},
        {"b": 1.5},
        {"b": None},
        {"e": str(NOW_S)},
        {"e": 10**400},
        {"e": None, "u": None},
        {"u": 1.0},
        {"u": -1},
        {"u": 10**30},
        {"e": None},
        {"x": 1},
        {"exp": NOW_S + 60},
        {"name": "Anna"},
    ],
)
def test_a_signed_token_with_other_claims_is_no_pass(changes: dict[str, Any]) -> None:
    with pytest.raises(BadTokenError):
        read(sign({**CLAIMS, **changes}, KIND, "anna", OFFICE).encode(), KEYS)


@pytest.mark.parametrize("missing", ["n", "p", "s"])
def test_a_pass_has_a_number_a_holder_and_a_site(missing: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != missing}
    with pytest.raises(BadTokenError):
        read(sign(claims, KIND, "anna", OFFICE).encode(), KEYS)


@pytest.mark.parametrize("kind", ["edge-command", "edge-approval", "edge-roster", "edge-config", "JWT", ""])
def test_a_token_of_another_kind_is_no_pass(kind: str) -> None:
    with pytest.raises(BadTokenError) as refused:
        read(sign(CLAIMS, kind, "anna", OFFICE).encode(), KEYS)
    assert not isinstance(refused.value, UnknownSignerError)


def test_strangers_are_told_from_forgers() -> None:
    with pytest.raises(UnknownSignerError):
        read(issue(ONCE, "eve", STRANGER).encode(), KEYS)
    with pytest.raises(BadTokenError) as forged:
        read(issue(ONCE, "anna", STRANGER).encode(), KEYS)
    assert not isinstance(forged.value, UnknownSignerError)


@given(st.binary(max_size=500))
def test_nothing_that_is_held_up_breaks_it(code: bytes) -> None:
    with pytest.raises(BadTokenError):
        read(code, KEYS)


def test_its_size_is_judged_before_anything_else() -> None:
    with pytest.raises(BadTokenError, match=str(MOST_BYTES)):
        read(token(OFTEN) + b" " * MOST_BYTES, KEYS)
