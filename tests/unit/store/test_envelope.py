from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.envelope import (
    MALFORMED,
    Accepted,
    Origin,
    Place,
    digest,
    encode,
    evicted,
    genesis,
    rfc3339,
    well_formed,
)
from edge.store.intake import Losses

ORIGIN = Origin("riverside", "gate-north", "b00t")
PLACE = Place("e90c", 7, "ab" * 32)
NOW = Now(mono_s=12.5, wall_us=1_700_000_000_000_001, quality="unsynced")


def encoded(report: Report, now: Now = NOW) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(encode(Accepted(report, now, "an-id"), ORIGIN, PLACE))
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
        "priority": 3,
        "prevhash": "ab" * 32,
        "data": {"score": 0.5, "more": {"a": [1, 2]}},
    }


def test_attribute_names_are_what_cloudevents_allows() -> None:
    assert all(name.isascii() and name.isalnum() and name.islower() for name in encoded(Report("door.opened")))


def test_no_empty_subject() -> None:
    assert "subject" not in encoded(Report("door.opened"))


def test_text_is_readable_utf8() -> None:
    body = encode(Accepted(Report("door.opened", {"text": "请进"}), NOW, "x"), ORIGIN, PLACE)
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
    told, problem = well_formed(report)
    assert problem
    event = encoded(told)
    assert event["type"] == MALFORMED
    assert event["data"]["problem"] == problem
    assert event["priority"] == report.priority


def test_a_sound_report_is_left_alone() -> None:
    report = Report("door.opened", {"x": 1}, "door", Priority.ALARM)
    assert well_formed(report) == (report, "")


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
