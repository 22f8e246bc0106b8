"""What gates say to each other, and what they make of what others say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from edge.contract.topics import PASSES
from edge.passes.gates import MOST_BYTES, Heard, message, read
from edge.passes.uses import MOST_GATES, MOST_PASSES, Said
from edge.uplink.inbound import MOST_BYTES as MOST_INBOUND
from edge.uplink.inbound import Inbound
from tests.unit.passes.pass_samples import NOW, NOW_S, NUMBER

SAID = Said({NUMBER: (2, NOW_S)}, {"f" * 16: 0})
GOOD: dict[str, Any] = {"hour": 1, "used": {NUMBER: [1, NOW_S]}, "revoked": {NUMBER: 0}}


def inbound(gate: str, payload: bytes) -> Inbound:
    return Inbound(f"edge/v1/riverside/{gate}/passes", payload, retain=True)


def test_what_is_said_is_heard() -> None:
    assert read(message(SAID, NOW.wall_us)) == SAID
    assert read(message(Said(), 0)) == Said()


def test_it_is_what_the_contract_says() -> None:
    Draft202012Validator(PASSES).validate(json.loads(message(SAID, NOW.wall_us)))


def test_it_is_said_again_every_hour_and_not_in_between() -> None:
    assert message(SAID, 0) == message(SAID, 3_599_000_000) != message(SAID, 3_600_000_000)


def test_as_much_as_a_gate_keeps_fits_into_a_message() -> None:
    numbers = [f"{number:016x}" for number in range(MOST_PASSES)]
    everything = Said(dict.fromkeys(numbers, (1000, 253_402_300_799)), dict.fromkeys(numbers, 253_402_300_799))
    payload = message(everything, NOW.wall_us)
    assert len(payload) <= MOST_BYTES < MOST_INBOUND
    assert read(payload) == everything


@pytest.mark.parametrize(
    "changes",
    [
        {"used": None},
        {"used": []},
        {"used": {"x": [1, 5]}},
        {"used": {NUMBER.upper(): [1, 5]}},
        {"used": {NUMBER: 5}},
        {"used": {NUMBER: [1]}},
        {"used": {NUMBER: [1, 2, 3]}},
        {"used": {NUMBER: [0, 5]}},
        {"used": {NUMBER: [1001, 5]}},
        {"used": {NUMBER: [True, 5]}},
        {"used": {NUMBER: [1.0, 5]}},
        {"used": {NUMBER: [1, -1]}},
        {"used": {NUMBER: [1, 10**30]}},
        {"used": {NUMBER: [1, "5"]}},
        {"revoked": {NUMBER: None}},
        {"revoked": {NUMBER: True}},
        {"revoked": {"": 0}},
        {"revoked": [NUMBER]},
        {"revoked": NUMBER},
        {"used": {f"{number:016x}": [1, 5] for number in range(MOST_PASSES + 1)}},
    ],
)
def test_one_wrong_entry_and_the_whole_is_wrong(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        read(json.dumps({**GOOD, **changes}).encode())


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"5", b'"x"', b"[" * 5000, b"\xff", b" " * (MOST_BYTES + 1)])
def test_what_is_no_message_of_a_gate_is_an_error(payload: bytes) -> None:
    with pytest.raises(ValueError):
        read(payload)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["used", "revoked", NUMBER]), inner, max_size=4)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_nothing_that_comes_breaks_it(payload: bytes) -> None:
    try:
        read(payload)
    except ValueError:
        return


def test_the_newest_of_each_gate_counts_and_garbage_is_left_out() -> None:
    heard = Heard()
    later = Said({NUMBER: (3, NOW_S)})
    for gate, payload in (
        ("gate-1", message(SAID, 0)),
        ("gate-2", b"garbage"),
        ("gate-1", message(later, 0)),
        ("gate-3", b""),
    ):
        assert heard.take(inbound(gate, payload))
    assert heard.take(Inbound("edge/v1/riverside/passes", b"x"))
    assert heard.next() == ("gate-1", later)
    assert heard.next() is None


def test_a_flood_of_gates_is_bounded_and_counted() -> None:
    heard = Heard()
    taken = [heard.take(inbound(f"gate-{number}", b"x" * 10**6)) for number in range(MOST_GATES + 5)]
    assert taken.count(False) == 5
    assert max(map(len, heard._waiting.values())) == MOST_BYTES + 1
    assert heard.take(inbound("gate-3", b"y"))
