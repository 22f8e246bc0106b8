"""The envelope: one event as CloudEvents 1.0 structured JSON, the exact bytes that are stored, hashed and sent.

docs/events.md lists the fields. `prevhash` is the SHA-256 of the bytes of the event before, so that a missing or
altered event shows; the first one of an epoch carries the hash of the epoch's name.
"""

from __future__ import annotations

import hashlib
import json
import json.encoder
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from json.encoder import encode_basestring
from typing import NamedTuple

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.intake import Losses
from edge.store.ticket import Ticket

MALFORMED = "event.malformed"
_TYPE = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)+")
_NO_JSON = (TypeError, ValueError, RecursionError)
_EPOCH_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_WALL_US = 253_402_300_799_999_999  # the last microsecond of the year 9999, where RFC 3339 ends


class Accepted(NamedTuple):
    """An event on its way to the disk. The id is given once, so that a repeated attempt is recognised.

    `data`: the report's data as JSON, encoded when it was checked; empty: still to be encoded. `ticket`: of whoever
    waits for the COMMIT.
    """

    report: Report
    now: Now
    id: str
    data: bytes = b""
    ticket: Ticket | None = None

    @property
    def wall_us(self) -> int:
        """The wall clock, held within the years that a timestamp can express."""
        wall_us = self.now.wall_us
        return wall_us if 0 <= wall_us <= _MAX_WALL_US else _within(wall_us)

    @property
    def mono_us(self) -> int:
        """The monotonic clock, microseconds; never negative."""
        mono_us = int(self.now.mono_s * 1e6)
        return mono_us if mono_us > 0 else 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Who reports: the device, and which boot of it."""

    site: str
    device: str
    bootid: str

    @property
    def source(self) -> str:
        return f"/{self.site}/{self.device}"


def genesis(epoch: str) -> str:
    """The `prevhash` of the first event of an epoch."""
    return digest(epoch.encode())


def digest(body: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


class Envelopes:
    """Writes the envelopes of one device in one epoch.

    What does not change from event to event is prepared once, and the rest put into it by one formatting: a general
    encoder of the whole takes five times as long, and this runs before each COMMIT.
    """

    def __init__(self, origin: Origin, epoch: str) -> None:
        source, epoch, bootid = (
            encode_basestring(text).replace("%", "%%") for text in (origin.source, epoch, origin.bootid)
        )
        self._head = (
            f'{{"specversion":"1.0","id":"%s","source":{source},"type":"%s"%s,"time":"%s.%06dZ",'
            f'"datacontenttype":"application/json","epoch":{epoch},"seq":%d,"bootid":{bootid},"clock":"%s",'
            '"monotonic":"%d.%06d","priority":%d,"prevhash":"%s","data":'
        )

    def encode(self, event: Accepted, seq: int, prevhash: str) -> bytes:
        """The event's bytes. Never contains anything that was not in the report, the clock or the place."""
        report, now, event_id, data, _ = event
        # CloudEvents allows no empty subject. `accept` has seen to it that the type needs no escaping.
        subject = f',"subject":{encode_basestring(report.subject)}' if report.subject else ""
        wall_us, mono_us = event.wall_us, event.mono_us
        head = self._head % (
            event_id,
            report.type,
            subject,
            _second(wall_us // 1_000_000),
            wall_us % 1_000_000,
            seq,
            now.quality,
            mono_us // 1_000_000,
            mono_us % 1_000_000,
            report.priority,
            prevhash,
        )
        return head.encode() + (data or _json(report.data)) + b"}"


def accept(report: Report, now: Now, event_id: str, ticket: Ticket | None = None) -> tuple[Accepted, str]:
    """The event, or in place of one that cannot be told (a type that is no topic, data that is no JSON) one that
    says so, and the problem. A mistake in one report must stop neither the brain nor the events after it.
    """
    problem = ""
    try:
        if not _is_type(report.type):
            raise ValueError(f"not a type of the form 'part.what': {report.type!r}")
        report.subject.encode()
        data = (ticket.data if ticket is not None else b"") or _json(report.data)
    except _NO_JSON as failure:
        problem = _printable(str(failure))
        told = {"type": _printable(report.type), "problem": problem}
        report, data = Report(MALFORMED, told, _printable(report.subject), report.priority), _json(told)
    return Accepted(report, now, event_id, data, ticket), problem


def prepare(ticket: Ticket, report: Report) -> None:
    """Encode an event's data on behalf of `accept`, which finds the problem itself if it cannot be."""
    try:
        ticket.data = _json(report.data)
    except _NO_JSON:
        ticket.data = b""


def rfc3339(wall_us: int) -> str:
    """Microseconds since 1970 as RFC 3339 in UTC, always with six decimals, so that text order is time order."""
    second, us = divmod(_within(wall_us), 1_000_000)
    return f"{_second(second)}.{us:06d}Z"


@lru_cache(maxsize=128)  # there are fewer, unless mistakes are reported
def _is_type(text: str) -> bool:
    return _TYPE.fullmatch(text) is not None


@lru_cache(maxsize=8)
def _second(second: int) -> str:
    return (_EPOCH_1970 + timedelta(seconds=second)).replace(tzinfo=None).isoformat()


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


# What `JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode` makes anew for
# each value, which takes as long as the encoding itself. None in the first place: a circle ends as a RecursionError.
_encode: Callable[[object, int], tuple[str, ...]] = vars(json.encoder)["c_make_encoder"](
    None, _plain, encode_basestring, None, ":", ",", False, False, False
)


def _json(value: object) -> bytes:
    return "".join(_encode(value, 0)).encode()


def _printable(text: str) -> str:
    return text.encode(errors="replace").decode()[:200]
