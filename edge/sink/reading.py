"""What a message says, without believing any of it.

Whoever may publish below a device's name can send anything. What is no event of that device is refused with a reason,
and what is taken fits the columns of every database: short, printable, within 64 bits.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from edge.sink.records import Evicted, KnownKey, Refusal, Row

MOST_BYTES = 4 << 20  # of one message; a picture is the largest that devices send
MOST_EVENTS = 1024  # in one batch; devices send at most 64
_KEPT_BYTES = 4096  # of what is refused
_MOST_SEQ = (1 << 53) - 1  # beyond it JSON's numbers are not exact everywhere
_TOPIC = re.compile(
    r"edge/v1/([^/\x00-\x1f\x7f]{1,100})/([^/\x00-\x1f\x7f]{1,100})/(?:event/([a-z0-9.]{1,100})|(events|keys))"
)
_SPACE = re.compile(r"[ \t\n\r]*")
_SHAPES = {
    "id": re.compile(r"[\x21-\x7e]{1,100}"),
    "type": re.compile(r"[a-z0-9]+(\.[a-z0-9]+)+"),
    "time": re.compile(r"[0-9T:.Zz+-]{10,40}"),
    "epoch": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "prevhash": re.compile(r"[0-9a-f]{64}"),
}
_LOSSES = ("storage.evicted", "storage.salvaged")


@dataclass(slots=True)
class Parcel:
    """What one or several messages brought."""

    rows: list[Row] = field(default_factory=list)
    evicted: list[Evicted] = field(default_factory=list)
    keys: list[KnownKey] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, topic: str, payload: bytes, received: int) -> None:
        """Take a message in. Never raises."""

        def refuse(reason: str, body: bytes) -> None:
            shown = topic.encode(errors="replace").decode().replace("\0", "?")[:200]
            self.refusals.append(Refusal(received, shown, reason, len(body), body[:_KEPT_BYTES]))

        try:
            match = _TOPIC.fullmatch(topic)
            if match is None:
                raise _RefusedError("no topic of a device")
            if len(payload) > MOST_BYTES:
                raise _RefusedError(f"longer than {MOST_BYTES} bytes")
            site, device, single, other = match.groups()
            source = f"/{site}/{device}"
            if other == "keys":
                self.keys.append(_known_key(source, payload, received))
                return
            bodies = iter([(payload, _parsed(payload))]) if single else elements(payload)
            for body, event in bodies:
                try:
                    self._add_event(source, single, body, event, received)
                except _RefusedError as refused:
                    refuse(str(refused), body)
        except _RefusedError as refused:
            refuse(str(refused), payload)

    def _add_event(self, source: str, single: str | None, body: bytes, event: Any, received: int) -> None:
        if not isinstance(event, dict) or event.get("specversion") != "1.0":
            raise _RefusedError("no CloudEvent 1.0")
        if event.get("source") != source:
            raise _RefusedError("source is another device than the topic's")
        for name, shape in _SHAPES.items():
            value = event.get(name)
            if not isinstance(value, str) or not shape.fullmatch(value):
                raise _RefusedError(f"{name} is missing or malformed")
        if single is not None and event["type"] != single:
            raise _RefusedError("type is not the topic's")
        seq: Any = event.get("seq")
        if not _is_seq(seq):
            raise _RefusedError("seq is missing or malformed")
        self.rows.append(Row(source, event["epoch"], seq, event["id"], event["type"], event["time"], received, body))
        if event["type"] in _LOSSES:
            self.evicted += _evicted(source, seq, event)


class _RefusedError(ValueError):
    """The reason why something is not taken; holds nothing of its content."""


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload.decode())
    except (ValueError, RecursionError) as error:
        raise _RefusedError("no JSON") from error


def elements(payload: bytes) -> Iterator[tuple[bytes, Any]]:
    """The elements of a JSON array, each with its exact bytes, which the hash chain goes over. Raises ValueError at the
    first place that is no JSON; what came before is whole.
    """
    decoder = json.JSONDecoder()
    try:
        text = payload.decode()
        place = _after_space(text, 0)
        if text[place : place + 1] != "[":
            raise _RefusedError("no JSON array")
        place = _after_space(text, place + 1)
        if text[place : place + 1] == "]":
            return
        for _ in range(MOST_EVENTS):
            value, end = decoder.raw_decode(text, place)
            yield text[place:end].encode(), value
            place = _after_space(text, end)
            if text[place : place + 1] == "]":
                return
            if text[place : place + 1] != ",":
                raise _RefusedError("no JSON array")
            place = _after_space(text, place + 1)
    except _RefusedError:
        raise
    except (ValueError, RecursionError) as error:
        raise _RefusedError("no JSON array") from error
    raise _RefusedError(f"more than {MOST_EVENTS} events in a batch")


def _after_space(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


def _is_seq(value: object) -> bool:
    return type(value) is int and 1 <= value <= _MOST_SEQ


def _evicted(source: str, seq: int, event: dict[str, Any]) -> Iterator[Evicted]:
    """What the device tells to be lost. Of its own epoch only what came before: nobody has lost what is to come."""
    data = event.get("data")
    if not isinstance(data, dict):
        return
    epoch, ranges = data.get("epoch", event["epoch"]), data.get("ranges")
    if not isinstance(ranges, list) or not isinstance(epoch, str) or not _SHAPES["epoch"].fullmatch(epoch):
        return
    reason = data.get("reason")
    reason = reason if isinstance(reason, str) and reason.isascii() and reason.isprintable() else ""
    most = seq - 1 if epoch == event["epoch"] else _MOST_SEQ
    for pair in ranges:
        if isinstance(pair, list) and len(pair) == 2 and all(map(_is_seq, pair)) and pair[0] <= pair[1] <= most:
            yield Evicted(source, epoch, pair[0], pair[1], reason[:100], event["id"])


def _known_key(source: str, payload: bytes, received: int) -> KnownKey:
    keys = _parsed(payload)
    text = keys.get("signing") if isinstance(keys, dict) else None
    try:
        if not isinstance(text, str):
            raise ValueError("no text")
        signing = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise _RefusedError("no public key of a device") from error
    if len(signing) != 32:
        raise _RefusedError("no public key of a device")
    return KnownKey(source, signing, received, received)
