"""Whether a real MQTT message is one that the contract knows: topic, retention, properties, and every byte within."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from edge.actions import Report
from edge.clock import Now
from edge.contract.catalogue import CATALOGUE
from edge.contract.claims import CLAIMS
from edge.contract.envelope import FILE, envelope, schema_of
from edge.contract.shapes import Schema
from edge.contract.topics import PLAIN, TOPICS, Topic
from edge.store.envelope import Envelopes, Origin, accept, genesis
from edge.store.uuid7 import Uuid7
from edge.uplink.topics import Topics
from tests.broker import Received

SITE, DEVICE, EPOCH = "riverside", "gate-north", "3a607c56ee0bcd52"
BOOT = "35b84336-8da4-4d2e-8fef-129f4c998c0e"
WALL_US = 1_795_371_607_133_155

_REGISTRY: Registry[Any] = Registry().with_resource(FILE, DRAFT202012.create_resource(envelope()))
_LEVEL = re.compile(r"\\\{(\w+)\\\}")


def _expression(topic: Topic) -> re.Pattern[str]:
    def level(match: re.Match[str]) -> str:
        return f"(?P<{match[1]}>{'.+' if match[1] == 'rest' else '[^/]+'})"

    return re.compile(_LEVEL.sub(level, re.escape(topic.address)))


_KNOWN = [(_expression(topic), topic) for topic in TOPICS]


@cache
def event_validator(kind: str) -> Draft202012Validator:
    """Of whole events of this type."""
    return Draft202012Validator(schema_of(CATALOGUE[kind]), registry=_REGISTRY)


def problems(
    topic: str, payload: bytes, retain: bool, properties: Mapping[str, str], content_type: str | None = None
) -> list[str]:
    """What is wrong with this message, one line each. `properties`: the MQTT 5 user properties; `content_type`: None
    where it is not known.
    """
    for expression, known in _KNOWN:
        if match := expression.fullmatch(topic):
            found = [*_form(known, payload, retain, content_type), *_content(known, match, payload, properties)]
            return [f"{topic}: {line}" for line in found]
    return [f"{topic}: no such topic in the contract"]


def problems_in(messages: Iterable[Received]) -> list[str]:
    """The same of all of them."""
    return [
        line
        for message in messages
        for line in problems(message.topic, message.payload, message.retain, message.user, message.content_type)
    ]


def wrong(report: Report) -> list[str]:
    """What is wrong with this report as the event that it becomes."""
    accepted, _ = accept(report, Now(12.5, WALL_US), Uuid7()(WALL_US))
    body = Envelopes(Origin(SITE, DEVICE, BOOT), EPOCH).encode(accepted, 1, genesis(EPOCH))
    return problems(Topics(SITE, DEVICE).event(report.type), body, False, {"id": accepted.id, "seq": "1"})


def _form(known: Topic, payload: bytes, retain: bool, content_type: str | None) -> Iterator[str]:
    if retain != known.retained:
        yield f"retained: {retain}, should be {known.retained}"
    untold = content_type is None or (payload == b"offline" and not content_type)  # a will is set without one
    if known.way == "send" and not untold and content_type != known.content_type:
        yield f"content type {content_type!r}, should be {known.content_type!r}"


def _content(known: Topic, match: re.Match[str], payload: bytes, properties: Mapping[str, str]) -> Iterator[str]:
    try:
        text = payload.decode()
        value: Any = text if known.token or known.content_type == PLAIN else json.loads(text)
    except ValueError as error:
        yield f"not readable: {error}"
        return
    if known.name == "event":
        yield from _event(value, match, f"event/{match['type']}")
        wanted = {"id": value.get("id"), "seq": str(value.get("seq"))}
        if dict(properties) != wanted:
            yield f"user properties {dict(properties)}, should be {wanted}"
        return
    assert known.payload is not None
    yield from _errors(Draft202012Validator(known.payload), value)
    if known.token:
        yield from _token(known.token, text.partition("\n")[0])
    if known.name == "events" and isinstance(value, list):
        seqs = [event.get("seq") for event in value]
        wanted = {"count": str(len(seqs)), "first": str(seqs[0]), "last": str(seqs[-1])} if seqs else {}
        if dict(properties) != wanted:
            yield f"user properties {dict(properties)}, should be {wanted}"
        for event in value:
            yield from _event(event, match, "in the batch")
            if event.get("priority") == 0:
                yield "an alarm in a batch"


def _event(event: Any, match: re.Match[str], where: str) -> Iterator[str]:
    kind = event.get("type") if isinstance(event, dict) else None
    if kind not in CATALOGUE:
        yield f"{where}: the catalogue has no type {kind!r}"
        return
    yield from (f"{where}, {kind}: {line}" for line in _errors(event_validator(kind), event))
    if event.get("source") != f"/{match['site']}/{match['device']}":
        yield f"{where}: source {event.get('source')!r} on another device's topic"
    if match.groupdict().get("type", kind) != kind:
        yield f"{where}: holds a {kind}"


def _token(kind: str, token: str) -> Iterator[str]:
    parts = token.split(".")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in parts[:2])
    except ValueError as error:
        yield f"no token: {error}"
        return
    if header.get("typ") != kind:
        yield f"a token of the kind {header.get('typ')!r}, should be {kind!r}"
    yield from _errors(Draft202012Validator(CLAIMS[kind]), claims)


def _errors(validator: Draft202012Validator, value: Schema | Any) -> Iterator[str]:
    for error in validator.iter_errors(value):
        yield f"{error.json_path}: {error.message[:300]}"
