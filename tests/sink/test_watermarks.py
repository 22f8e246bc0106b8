from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import tokens
from edge.sink.books import enter
from edge.sink.spans import united
from edge.sink.storage import Storage, open_storage
from edge.sink.watermarks import MOST_SPANS, REACH, Watermarks, pages
from tests.sink.samples import BASE, EPOCH, RECEIVED, body, lost, parcel

KEY = Ed25519PrivateKey.generate()


class Bench:
    """A sink without a broker, whose clock stands still unless it is moved."""

    def __init__(self, path: Path) -> None:
        self.now = 100.0
        self.storage: Storage = open_storage(str(path), writing=True)
        self.marks = Watermarks(KEY, lambda: self.now, lambda: 1_700_000_200.9)

    def enter(self, *bodies: bytes) -> None:
        self.marks.touch(enter(self.storage, parcel(*bodies), RECEIVED).touched)

    def published(self) -> list[dict[str, Any]]:
        found = []
        while (token := self.marks.next(self.storage)) is not None:
            topic, payload = token
            assert topic == f"{BASE}/watermark"
            kid, claims = tokens.verify(payload, "edge-watermark", {"sink": KEY.public_key()})
            assert kid == "sink"
            found.append(claims)
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "sink.db")
    yield made
    made.storage.close()


def test_a_token_tells_what_is_kept_and_to_whom(bench: Bench) -> None:
    bench.enter(body(1), body(2), body(5))
    claims = {"aud": "riverside/gate", "epoch": EPOCH, "through": 2, "also": [[5, 5]], "iat": 1_700_000_200}
    assert bench.published() == [claims]
    assert bench.marks.wait_s() == float("inf")


def test_a_device_hears_at_most_once_a_second(bench: Bench) -> None:
    bench.enter(body(1))
    assert [claims["through"] for claims in bench.published()] == [1]
    bench.enter(body(2))
    bench.enter(body(3))
    bench.now += 0.9
    assert bench.published() == []
    assert bench.marks.wait_s() == pytest.approx(0.1)
    bench.now += 0.1
    assert [claims["through"] for claims in bench.published()] == [3]


def test_what_was_told_to_be_lost_does_not_hold_it_up(bench: Bench) -> None:
    bench.enter(body(1), body(2), lost(6, [[3, 5]]))
    assert [(claims["through"], claims["also"]) for claims in bench.published()] == [(6, [])]


def test_repetitions_are_answered_too(bench: Bench) -> None:
    """The device sends again what it has not been told of."""
    bench.enter(body(1), body(3))
    bench.published()
    bench.now += 1.0
    bench.enter(body(3))
    assert [(claims["through"], claims["also"]) for claims in bench.published()] == [(1, [[3, 3]])]


def told(claims: dict[str, Any]) -> set[int]:
    """The numbers beyond `through` that a token tells of."""
    numbers = {number for first, last in claims["also"] for number in range(first, last + 1)}
    base, text = claims.get("bits", (0, ""))
    bits = int.from_bytes(base64.urlsafe_b64decode(text), "little")
    return numbers | {base + place for place in range(bits.bit_length()) if bits >> place & 1}


def test_more_spans_than_one_token_holds_come_as_a_bitmap(bench: Bench) -> None:
    scattered = [2 * n for n in range(1, 2 * MOST_SPANS + 11)]
    bench.enter(*map(body, scattered))
    (claims,) = bench.published()
    assert claims["through"] == 0 and told(claims) == set(scattered)


def test_what_is_far_apart_comes_in_several_tokens(bench: Bench) -> None:
    far = [n * REACH // 50 for n in range(1, 201)]
    near = [10 * REACH + 2 * n for n in range(1, 201)]
    bench.enter(*map(body, far + near))
    found = bench.published()
    assert len(found) == 5
    assert [number for claims in found for number in sorted(told(claims))] == far + near


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 4 * REACH), st.integers(0, 3) | st.integers(0, 2 * REACH)), min_size=60, max_size=200
    ).map(lambda pairs: united((first, first + more) for first, more in pairs)),
)
def test_the_pages_of_any_spans_are_short_and_tell_them_all(spans: list[tuple[int, int]]) -> None:
    found: list[tuple[int, int]] = []
    for page in pages(spans):
        assert len(page["also"]) <= MOST_SPANS
        assert len(page.get("bits", (0, ""))[1]) <= 22_000
        found += page["also"]
        found += ((number, number) for number in told(page | {"also": []}))
    assert united(found) == spans


def test_later_tokens_tell_what_is_new_among_thousands_of_spans(bench: Bench) -> None:
    bench.enter(*(body(2 * n) for n in range(1, 201)))
    bench.published()
    bench.now += 1.0
    bench.enter(body(1000))
    assert [claims["also"] for claims in bench.published()] == [[[1000, 1000]]]


def test_the_tokens_of_one_device_at_once_are_bounded(bench: Bench) -> None:
    for part in range(20):
        bench.enter(*(body(1000 * (part * 1000 + n)) for n in range(1, 1000)))
    assert len(bench.published()) <= 16


def test_at_the_start_of_a_connection_every_device_hears_of_its_latest_epoch(bench: Bench) -> None:
    bench.enter(body(1), body(2))
    enter(bench.storage, parcel(body(1, epoch="feed"), body(4, epoch="feed")), RECEIVED + 1)
    bench.published()
    bench.now += 5.0
    bench.marks.tell_all(bench.storage.latest_chains())
    assert [(claims["epoch"], claims["through"], claims["also"]) for claims in bench.published()] == [
        ("feed", 1, [[4, 4]])
    ]


def test_what_stays_retained_is_of_the_epoch_that_was_heard_of_last(bench: Bench) -> None:
    bench.enter(body(1, epoch="feed"))
    bench.enter(body(1))
    bench.enter(body(2, epoch="feed"))
    assert [claims["epoch"] for claims in bench.published()] == [EPOCH, "feed"]
