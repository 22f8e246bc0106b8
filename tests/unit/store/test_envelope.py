from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.envelope import (
    MALFORMED,
    Accepted,
    Envelopes,
    Origin,
    accept,
    digest,
    evicted,
    genesis,
    prepare,
    rfc3339,
)
from edge.store.intake import Losses
from edge.store.ticket import Ticket

ENVELOPES = Envelopes(Origin("riverside", "gate-north", "b00t"), "e90c")
NOW = Now(mono_s=12.5, wall_us=1_700_000_000_000_001, quality="unsynced")


def encoded(report: Report, now: Now = NOW) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(ENVELOPES.encode(Accepted(report, now, "an-id"), 7, "ab" * 32))
    return event


def test_every_field_of_the_contract() -> None:
    report = Report("access.granted", MappingProxyType({"score": 0.5, "more": MappingProxyType({"a": (1, 2)})}), "p1")
    assert encoded(report) == {
        "specversion": "1.0",
        "id": "an-id",
        "source": "/riverside/gate-north",
        "type": "access.granted",
        "subject": "p1",
        "time": "2023-11-14T22:13:20.000001Z",
        "datacontenttype": "application/json",
        "epoch": "e90c",
        "seq": 7,
        "bootid": "b00t",
        "clock": "unsynced",
        "monotonic": "12.500000",
        "priority": 3,
        "prevhash": "ab" * 32,
        "data": {"score": 0.5, "more": {"a": [1, 2]}},
    }


def test_attribute_names_are_what_cloudevents_allows() -> None:
    assert all(name.isascii() and name.isalnum() and name.islower() for name in encoded(Report("door.opened")))


def test_no_empty_subject() -> None:
    assert "subject" not in encoded(Report("door.opened"))


def test_text_is_readable_utf8() -> None:
    body = ENVELOPES.encode(Accepted(Report("door.opened", {"text": "请进"}), NOW, "x"), 7, "ab" * 32)
    assert "请进".encode() in body


@pytest.mark.parametrize(
    ("wall_us", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-5, "1970-01-01T00:00:00.000000Z"),
        (1_700_000_000_999_999, "2023-11-14T22:13:20.999999Z"),
        (10**18, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_any_clock_has_a_timestamp(wall_us: int, text: str) -> None:
    assert rfc3339(wall_us) == text


CIRCLE: list[object] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    "report",
    [
        Report("door.opened", {"score": float("nan")}),
        Report("door.opened", {"what": object()}),
        Report("door.opened", {"bytes": b"x"}),
        Report("door.opened", {"half": "\ud800"}),
        Report("door.opened", {"circle": CIRCLE}),
        Report("door.opened", {}, "\ud800"),
        Report("door/#", {}),
        Report("", {}),
        Report("Door.Opened", {}),
    ],
)
def test_a_report_that_cannot_be_told_becomes_one_that_says_so(report: Report) -> None:
    told, problem = accept(report, NOW, "an-id")
    assert problem
    event = json.loads(ENVELOPES.encode(told, 7, "ab" * 32))
    assert event["type"] == MALFORMED
    assert event["data"]["problem"] == problem
    assert event["priority"] == report.priority
    ticket = Ticket()
    prepare(ticket, report)
    assert accept(report, NOW, "an-id", ticket)[0][:4] == told[:4]


def test_a_sound_report_is_left_alone() -> None:
    report = Report("door.opened", {"x": 1}, "door", Priority.ALARM)
    assert accept(report, NOW, "an-id") == (Accepted(report, NOW, "an-id", b'{"x":1}'), "")


def test_what_was_encoded_while_the_writer_woke_up_is_not_encoded_again() -> None:
    ticket = Ticket()
    prepare(ticket, Report("door.opened", {"x": 1}))
    assert ticket.data == b'{"x":1}'
    assert accept(Report("door.opened", {"x": 2}), NOW, "an-id", ticket)[0].data is ticket.data


# Every kind of character that an encoder may treat by itself, from a short list: the table of all of Unicode takes
# seconds to read on a busy machine.
TEXT = st.text([*map(chr, range(128)), *"\x80\x9fé请\u2028\u2029\ufeff\uffff😀\U0010ffff"], max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(
    kind=st.lists(st.text("az09", min_size=1, max_size=5), min_size=2, max_size=4).map(".".join),
    data=st.dictionaries(TEXT, JSON, max_size=3),
    subject=TEXT,
    priority=st.sampled_from(Priority),
    now=st.builds(Now, st.floats(0, 1e9), st.integers(0, 10**17), st.sampled_from(["synced", "unsynced", "corrected"])),
    site=TEXT,
    epoch=TEXT,
    seq=st.integers(1, 2**53),
)
def test_the_envelope_made_by_hand_is_the_json_of_the_same_fields(
    kind: str, data: dict[str, Any], subject: str, priority: Priority, now: Now, site: str, epoch: str, seq: int
) -> None:
    origin = Origin(site, 'gate "north" \\ \x00', "b00t")
    event, problem = accept(Report(kind, data, subject, priority), now, "an-id")
    body = Envelopes(origin, epoch).encode(event, seq, "ab" * 32)
    fields = {
        "specversion": "1.0",
        "id": "an-id",
        "source": origin.source,
        "type": kind,
        **({"subject": subject} if subject else {}),
        "time": rfc3339(now.wall_us),
        "datacontenttype": "application/json",
        "epoch": epoch,
        "seq": seq,
        "bootid": "b00t",
        "clock": now.quality,
        "monotonic": f"{event.mono_us // 10**6}.{event.mono_us % 10**6:06}",
        "priority": priority.value,
        "prevhash": "ab" * 32,
        "data": data,
    }
    assert problem == ""
    assert json.loads(body) == fields
    assert body == json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    assert abs(event.mono_us - now.mono_s * 1e6) <= 1.0


def test_losses_become_an_alarm() -> None:
    losses = Losses()
    losses.add(Priority.TELEMETRY, 5)
    losses.add(Priority.ACCESS, 9)
    losses.add(Priority.TELEMETRY, 7)
    report = evicted(losses)
    assert (report.type, report.priority) == ("storage.evicted", Priority.ALARM)
    assert report.data["count"] == 3
    assert report.data["by_priority"] == {"access": 1, "telemetry": 2}
    assert report.data["first_time"] == rfc3339(5)
    assert report.data["last_time"] == rfc3339(7)


def test_the_chain_begins_with_the_epoch() -> None:
    assert genesis("e90c") == digest(b"e90c")
