"""The envelope: one event as CloudEvents 1.0 structured JSON, the exact bytes that are stored, hashed and sent.

docs/events.md lists the fields. `prevhash` is the SHA-256 of the bytes of the event before, so that a missing or
altered event shows; the first one of an epoch carries the hash of the epoch's name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.intake import Losses

MALFORMED = "event.malformed"
_TYPE = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)+")
_EPOCH_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_WALL_US = 253_402_300_799_999_999  # the last microsecond of the year 9999, where RFC 3339 ends


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event on its way to the disk. The id is given once, so that a repeated attempt is recognised."""

    report: Report
    now: Now
    id: str

    @property
    def wall_us(self) -> int:
        """The wall clock, held within the years that a timestamp can express."""
        return _within(self.now.wall_us)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who reports: the device, and which boot of it."""

    site: str
    device: str
    bootid: str

    @property
    def source(self) -> str:
        return f"/{self.site}/{self.device}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands in its chain."""

    epoch: str
    seq: int
    prevhash: str


def genesis(epoch: str) -> str:
    """The `prevhash` of the first event of an epoch."""
    return digest(epoch.encode())


def digest(body: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def encode(event: Accepted, origin: Origin, place: Place) -> bytes:
    """The event's bytes. Never contains anything that was not in the report, the clock or the place."""
    fields: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": origin.source,
        "type": event.report.type,
    }
    if event.report.subject:  # CloudEvents allows no empty subject
        fields["subject"] = event.report.subject
    fields |= {
        "time": rfc3339(event.wall_us),
        "datacontenttype": "application/json",
        "epoch": place.epoch,
        "seq": place.seq,
        "bootid": origin.bootid,
        "clock": event.now.quality,
        "priority": int(event.report.priority),
        "prevhash": place.prevhash,
        "data": event.report.data,
    }
    return _json(fields)


def well_formed(report: Report) -> tuple[Report, str]:
    """The report, or in place of one that cannot be told (a type that is no topic, data that is no JSON) one
    that says so, and the problem. A mistake in one report must stop neither the brain nor the events after it.
    """
    try:
        if not _TYPE.fullmatch(report.type):
            raise ValueError(f"not a type of the form 'part.what': {report.type!r}")
        report.subject.encode()
        _json(report.data)
    except (TypeError, ValueError, RecursionError) as problem:
        data = {"type": _printable(report.type), "problem": _printable(str(problem))}
        return Report(MALFORMED, data, _printable(report.subject), report.priority), data["problem"]
    return report, ""


def rfc3339(wall_us: int) -> str:
    """Microseconds since 1970 as RFC 3339 in UTC, always with six decimals, so that text order is time order."""
    moment = _EPOCH_1970 + timedelta(microseconds=_within(wall_us))
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def evicted(losses: Losses) -> Report:
    """The record of events that could not be kept: how many, of which priority, from when to when."""
    data = {
        "reason": "storage unavailable",
        "count": losses.count,
        "by_priority": {priority.name.lower(): n for priority, n in sorted(losses.by_priority.items())},
        "first_time": rfc3339(losses.first_us),
        "last_time": rfc3339(losses.last_us),
    }
    return Report("storage.evicted", data, "store", Priority.ALARM)


def _within(wall_us: int) -> int:
    return min(max(wall_us, 0), _MAX_WALL_US)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)


def _json(value: object) -> bytes:
    return _ENCODER.encode(value).encode()


def _printable(text: str) -> str:
    return text.encode(errors="replace").decode()[:200]
