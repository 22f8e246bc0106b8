from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.sink.reading import MOST_BYTES, MOST_EVENTS, Parcel
from tests.sink.samples import BASE, EPOCH, RECEIVED, SOURCE, altered, body, lost, parcel

SINGLE = f"{BASE}/event/access.granted"
DEEP = b"[" * 200_000
SECRET = b"who came when"


def read(topic: str, payload: bytes) -> Parcel:
    made = Parcel()
    made.add(topic, payload, RECEIVED)
    return made


def test_an_event_is_taken_with_its_exact_bytes() -> None:
    sent = body(7)
    (row,) = read(SINGLE, sent).rows
    assert row[:5] == (SOURCE, EPOCH, 7, f"id-{EPOCH}-7", "access.granted")
    assert (row.received, row.body) == (RECEIVED, sent)


def test_the_events_of_a_batch_keep_their_exact_bytes_whatever_stands_between_them() -> None:
    bodies = [body(1, data={"name": "黄丽 \\u0041"}), altered(body(2), data={"a": [1, 2]})]
    taken = read(f"{BASE}/events", b" [\n" + bodies[0] + b" ,\t" + bodies[1] + b"\r\n] ")
    assert [row.body for row in taken.rows] == bodies
    assert taken.refusals == []


def test_an_empty_batch_brings_nothing() -> None:
    assert read(f"{BASE}/events", b"[ ]") == Parcel()


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("edge/v1/riverside/gate/state", body(), "no topic of a device"),
        ("edge/v1/" + "s" * 101 + "/gate/events", b"[]", "no topic of a device"),
        (SINGLE, b"", "no JSON"),
        (SINGLE, b"\xff" + body(), "no JSON"),
        (SINGLE, body().decode().encode("utf-16"), "no JSON"),
        (SINGLE, DEEP, "no JSON"),
        (SINGLE, b'{"seq":' + b"9" * 5000 + b"}", "no JSON"),
        (SINGLE, b"x" * (MOST_BYTES + 1), f"longer than {MOST_BYTES} bytes"),
        (SINGLE, b"[]", "no CloudEvent 1.0"),
        (SINGLE, altered(body(), specversion="0.3"), "no CloudEvent 1.0"),
        (SINGLE, altered(body(), source="/riverside/other"), "source is another device than the topic's"),
        (SINGLE, altered(body(), source=None), "source is another device than the topic's"),
        (f"{BASE}/event/door.opened", body(), "type is not the topic's"),
        (SINGLE, altered(body(), seq=0), "seq is missing or malformed"),
        (SINGLE, altered(body(), seq=-1), "seq is missing or malformed"),
        (SINGLE, altered(body(), seq=1 << 63), "seq is missing or malformed"),
        (SINGLE, altered(body(), seq=True), "seq is missing or malformed"),
        (SINGLE, altered(body(), seq="1"), "seq is missing or malformed"),
        (SINGLE, altered(body(), seq=1.0), "seq is missing or malformed"),
        (SINGLE, altered(body(), epoch="a\0b"), "epoch is missing or malformed"),
        (SINGLE, altered(body(), epoch="e" * 65), "epoch is missing or malformed"),
        (SINGLE, altered(body(), id="\ud800"), "id is missing or malformed"),
        (SINGLE, altered(body(), id=["x"]), "id is missing or malformed"),
        (SINGLE, altered(body(), time=None), "time is missing or malformed"),
        (SINGLE, altered(body(), prevhash="00"), "prevhash is missing or malformed"),
        (f"{BASE}/events", b"", "no JSON array"),
        (f"{BASE}/events", body(), "no JSON array"),
        (f"{BASE}/events", DEEP, "no JSON array"),
        (f"{BASE}/events", b"[" + b",".join([b"1"] * (MOST_EVENTS + 1)) + b"]", "more than 1024 events in a batch"),
        (f"{BASE}/keys", b"{}", "no public key of a device"),
        (f"{BASE}/keys", b'{"signing":"AAAA"}', "no public key of a device"),
        (f"{BASE}/keys", b'{"signing":"\xc3\xa4"}', "no public key of a device"),
        (f"{BASE}/keys", b"[1]", "no public key of a device"),
    ],
)
def test_what_is_no_event_of_the_device_is_refused(topic: str, payload: bytes, reason: str) -> None:
    taken = read(topic, payload)
    assert taken.rows == [] and taken.keys == []
    assert taken.refusals[-1].reason == reason
    assert len(taken.refusals[-1].body) <= 4096
    assert taken.refusals[-1].size == len(payload) or len(taken.refusals) > 1


def test_a_refusal_says_nothing_of_the_content() -> None:
    (refusal,) = read(SINGLE, b'{"' + SECRET + b'"').refusals
    assert SECRET.decode() not in refusal.reason + refusal.topic


def test_one_bad_event_of_a_batch_does_not_spoil_the_others() -> None:
    taken = parcel(body(1), altered(body(2), seq=None), body(3))
    assert [row.seq for row in taken.rows] == [1, 3]
    assert [refusal.reason for refusal in taken.refusals] == ["seq is missing or malformed"]


def test_what_came_before_the_place_where_a_batch_breaks_is_whole() -> None:
    taken = read(f"{BASE}/events", b"[" + body(1) + b"," + body(2)[:-9])
    assert [row.seq for row in taken.rows] == [1]
    assert [refusal.reason for refusal in taken.refusals] == ["no JSON array"]


def test_a_key_is_read_as_its_bytes() -> None:
    text = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode()
    (key,) = read(f"{BASE}/keys", json.dumps({"signing": text, "sealing": text}).encode()).keys
    assert key == (SOURCE, bytes(range(32)), RECEIVED, RECEIVED)


@pytest.mark.parametrize(
    ("ranges", "taken"),
    [
        ([[1, 3], [5, 5]], [(1, 3), (5, 5)]),
        ([[1, 10]], []),  # the event that tells it is number 10
        ([[0, 3], [3, 2], [1, "2"], [1], 1, None, [True, True], [1, 1 << 60]], []),
        ("[[1, 2]]", []),
    ],
)
def test_only_sensible_ranges_count_as_told_to_be_lost(ranges: Any, taken: list[tuple[int, int]]) -> None:
    found = parcel(lost(10, ranges))
    assert [(told.first, told.last) for told in found.evicted] == taken
    assert len(found.rows) == 1


def test_an_earlier_epoch_may_be_told_of() -> None:
    (told,) = parcel(lost(1, [[5, 9]], of_epoch="feed")).evicted
    assert told == (SOURCE, "feed", 5, 9, "storage full", f"id-{EPOCH}-1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
FIELDS = st.sampled_from(["specversion", "source", "type", "id", "time", "epoch", "seq", "prevhash", "data"])
EVENTS = st.builds(lambda changes: altered(body(), **changes), st.dictionaries(FIELDS, JSON, max_size=3))
PAYLOADS = st.binary() | JSON.map(lambda value: json.dumps(value).encode()) | EVENTS
TOPICS = st.text() | st.sampled_from([SINGLE, f"{BASE}/events", f"{BASE}/keys"])


@settings(deadline=None)
@given(TOPICS, PAYLOADS | st.lists(PAYLOADS).map(lambda parts: b"[" + b",".join(parts) + b"]"))
def test_no_payload_raises_and_what_is_taken_fits_every_database(topic: str, payload: bytes) -> None:
    taken = read(topic, payload)
    for row in taken.rows:
        assert row.source == SOURCE and 1 <= row.seq < 1 << 53
        texts = (row.epoch, row.id, row.type, row.time)
        assert all(text.isascii() and text.isprintable() and 0 < len(text) <= 100 for text in texts)
        assert row.body in payload
    assert all("\0" not in refusal.topic and refusal.topic.encode() is not None for refusal in taken.refusals)
