from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cards import of_bits, of_uid, read_card
from edge.drivers.card.instruments import bits_of_card
from edge.errors import DataError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("uid:04a1b2c3", "uid:04A1B2C3"),
        ("UID:04A1B2C3D4E5F6", "uid:04A1B2C3D4E5F6"),
        ("uid:04A1B2C3D4E5F6071829", "uid:04A1B2C3D4E5F6071829"),
        (" em:0400a1b2c3 ", "em:0400A1B2C3"),
        ("w26:17-12345", "w26:17-12345"),
        ("W34:65535-65535", "w34:65535-65535"),
        ("w37:1a2b3c4d80", "w37:1A2B3C4D80"),
        ("id:0012345678", "id:0012345678"),
    ],
)
def test_cards_are_written_in_one_way(text: str, name: str) -> None:
    assert read_card(text) == name
    assert read_card(name) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "uid:",
        "uid:04A1B2",
        "em:04",
        "w26:1234",
        "w26:17-123456",
        "w26:ABCDEF00",
        "x:1",
        "id:12 34",
        None,
        7,
        "w26:１7-1",
    ],
)
def test_what_is_no_card_is_refused(text: object) -> None:
    with pytest.raises(DataError):
        read_card(text)


def test_a_uid_drawn_at_random_is_nobodys_card() -> None:
    with pytest.raises(DataError, match="at random"):
        read_card("uid:08A1B2C3")
    assert read_card("uid:08A1B2C3D4E5F6") == "uid:08A1B2C3D4E5F6"  # of seven bytes it is a maker's number


def test_26_bits_with_the_parity_of_h10301() -> None:
    # 17 and 12345: 0 00010001 0011000000111001 with an even first half and an odd second half.
    bits = "0" + "00010001" + "0011000000111001" + "1"
    assert bits_of_card("w26:17-12345") == bits
    assert of_bits(bits) == "w26:17-12345"


@given(st.sampled_from([26, 34]), st.data())
def test_facility_and_number_survive_and_any_wrong_bit_is_seen(length: int, data: st.DataObject) -> None:
    facility = data.draw(st.integers(0, 255 if length == 26 else 65535))
    number = data.draw(st.integers(0, 65535))
    name = f"w{length}:{facility}-{number}"
    bits = bits_of_card(name)
    assert (len(bits), of_bits(bits)) == (length, name)
    at = data.draw(st.integers(0, length - 1))
    assert of_bits(bits[:at] + str(1 - int(bits[at])) + bits[at + 1 :]) is None


@pytest.mark.parametrize(
    ("length", "good"), [(23, False), (24, True), (37, True), (64, True), (128, True), (129, False)]
)
def test_other_lengths_are_taken_whole(length: int, good: bool) -> None:
    name = of_bits("1" * length)
    assert (name is not None) == good
    if name is not None:
        assert read_card(name) == name


def test_a_uid_is_named_as_it_is() -> None:
    assert of_uid(bytes.fromhex("04a1b2c3")) == "uid:04A1B2C3"
