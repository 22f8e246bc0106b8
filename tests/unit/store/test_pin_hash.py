from __future__ import annotations

import pytest

from edge.errors import DataError
from edge.store.pin_hash import check_new_pin, hash_pin, is_pin_hash, matches, nobodys_hash


def test_a_pin_matches_its_hash_alone() -> None:
    hashed = hash_pin("4711")
    assert is_pin_hash(hashed)
    assert hash_pin("4711") != hashed  # each has a salt of its own
    assert matches("4711", hashed)
    for other in ("4712", "47110", "471", "", "nobody"):
        assert not matches(other, hashed)
    assert "4711" not in hashed


def test_nobodys_hash_is_of_the_same_form() -> None:
    assert is_pin_hash(nobodys_hash())
    assert len(nobodys_hash()) == len(hash_pin("4711"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "4711",
        "$argon2id$v=19$m=1048576,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=200,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_a_hash_of_other_cost_is_none(text: object) -> None:
    assert not is_pin_hash(text)
    with pytest.raises(DataError):
        matches("4711", text)  # type: ignore[arg-type]


@pytest.mark.parametrize("pin", ["4711", "8064", "93517", "736194", "83920175"])
def test_pins_that_may_be_chosen(pin: str) -> None:
    check_new_pin(pin)


@pytest.mark.parametrize(
    "pin",
    [
        *("", "123", "123456789", "12a4", "47 11", "４７１１", "-123"),
        *("0000", "99999999", "1234", "0123", "7890", "4321", "87654321", "1212", "565656"),
        *("1004", "2580", "112233", "1984", "2011", "19840523", "23051984", "05231984"),
    ],
)
def test_pins_that_anybody_tries_first(pin: str) -> None:
    with pytest.raises(DataError) as refused:
        check_new_pin(pin)
    assert pin not in str(refused.value) or not pin


def test_a_pin_is_not_the_number_before_it() -> None:
    with pytest.raises(DataError):
        check_new_pin("4711", "4711")
    with pytest.raises(DataError):
        check_new_pin("1174", "4711")
    check_new_pin("4712", "4711")
