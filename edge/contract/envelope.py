"""The envelope's schema, written once, and the schema of each type as what it adds to the envelope."""

from __future__ import annotations

from typing import Any

from edge.actions import Priority
from edge.contract import shapes
from edge.contract.kinds import EventType
from edge.contract.shapes import Schema, text, whole, word

FILE = "envelope.json"


def envelope() -> Schema:
    """Of every event: CloudEvents 1.0 in structured JSON mode, and the attributes of the chain."""
    fields: dict[str, Schema] = {
        "specversion": {"const": "1.0"},
        "id": shapes.UUID7 | {"description": "UUID version 7; the same each time the event is sent"},
        "source": shapes.like("/[^/+#]+/[^/+#]+") | {"maxLength": 200, "description": "/{site}/{device}"},
        "type": shapes.EVENT_TYPE | {"maxLength": 100},
        "subject": text(200, least=1) | {"description": "whom or what it concerns"},
        "time": shapes.TIME | {"description": "the device's wall clock, RFC 3339 in UTC"},
        "datacontenttype": {"const": "application/json"},
        "epoch": shapes.EPOCH | {"description": "the random name of the database file"},
        "seq": whole(1) | {"description": "1, 2, 3 … within an epoch, without a gap"},
        "bootid": shapes.IDENTIFIER | {"description": "the kernel's id of this boot"},
        "clock": word("synced", "unsynced", "corrected") | {"description": "how good `time` is"},
        "monotonic": shapes.like(r"[0-9]+\.[0-9]{6}")
        | {"maxLength": 32, "description": "seconds of the monotonic clock; times of one boot can be set against it"},
        "priority": {"enum": [int(priority) for priority in Priority], "description": "a smaller number goes first"},
        "prevhash": shapes.SHA256 | {"description": "SHA-256 of the bytes of the event before, or of the epoch's name"},
        "data": {"type": "object"},
    }
    needed = {name: shape for name, shape in fields.items() if name != "subject"}
    return {
        "$schema": shapes.DIALECT,
        "title": "envelope",
        "description": "What every event has, whatever its type.",
        **shapes.table(needed, {"subject": fields["subject"]}),
    }


def schema_of(kind: EventType) -> Schema:
    """The whole event of this type."""
    properties: dict[str, Any] = {
        "type": {"const": kind.type},
        "priority": {"enum": [int(priority) for priority in kind.priority]},
        "subject": {"description": kind.subject} if kind.subject else False,
        "data": kind.data,
    }
    shape: Schema = {
        "$schema": shapes.DIALECT,
        "title": kind.type,
        "description": kind.says,
        "allOf": [{"$ref": FILE}],
        "properties": properties,
        "examples": [example(kind)],
    }
    return shape | ({"required": ["subject"]} if kind.needs_subject else {})


def example(kind: EventType) -> dict[str, Any]:
    """A whole event of this type, for readers and for tests."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": "01a204a1-435d-7197-a377-fc356b709e46",
        "source": "/riverside/gate-north",
        "type": kind.type,
    }
    if kind.subject:
        subject = kind.subject.removesuffix("?")
        event["subject"] = "9f86d081884c7d65" if subject == "person" else subject
    return event | {
        "time": "2026-11-22T19:00:07.133155Z",
        "datacontenttype": "application/json",
        "epoch": "3a607c56ee0bcd52",
        "seq": 2,
        "bootid": "35b84336-8da4-4d2e-8fef-129f4c998c0e",
        "clock": "synced",
        "monotonic": "12345.678901",
        "priority": int(kind.priority[0]),
        "prevhash": "06b48d9e155740f7fe5a65ec5e5a2fa399ef4d0d2bc52ce3de1cb29b754dd9d2",
        "data": dict(kind.example),
    }
