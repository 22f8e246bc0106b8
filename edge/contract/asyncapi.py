"""The AsyncAPI 3.0 document: topics, messages and tokens as a program that talks to devices needs them.

Operations are told as the device sees them: it sends events, and receives commands.
"""

from __future__ import annotations

from typing import Any

from edge.contract.catalogue import CATALOGUE
from edge.contract.claims import CLAIMS
from edge.contract.kinds import EventType
from edge.contract.shapes import Schema, table
from edge.contract.topics import BASE, MOST_IN_A_BATCH, PARAMETERS, TOPICS, Topic

FOLDER = "events"
_DRAFT = "application/schema+json;version=draft-2020-12"
_BINDING = {"bindingVersion": "0.2.0"}


def document(version: str) -> dict[str, Any]:
    """The whole document; schemas of events are references to the files in `FOLDER` beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "edge",
            "version": version,
            "description": "What a device at a gate says, and what it listens to. docs/events.md explains it.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {f"{topic.way}_{topic.name}": _operation(topic) for topic in TOPICS},
        "components": {
            "messages": {name: message for topic in TOPICS for name, message in _messages(topic).items()},
            "parameters": {name: {"description": says} for name, says in PARAMETERS.items()},
            "schemas": {name: _schema(shape) for name, shape in CLAIMS.items()},
            "securitySchemes": {
                "certificate": {
                    "type": "X509",
                    "description": "The device's certificate; its common name is {site}/{device}.",
                }
            },
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "protocol": "secure-mqtt",
        "protocolVersion": "5",
        "description": "The office's broker, or a cluster of them.",
        "variables": {"host": {"description": "`[uplink] host`"}, "port": {"default": "8883"}},
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
        "bindings": {
            "mqtt": {
                "clientId": "edge-{site}-{device}",
                "cleanSession": False,
                "lastWill": {"topic": f"{BASE}/status", "qos": 1, "message": "offline", "retain": True},
                "keepAlive": 30,
                "sessionExpiryInterval": 7 * 24 * 3600,
                **_BINDING,
            }
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.address,
        "description": topic.says,
        "servers": [{"$ref": "#/servers/broker"}],
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in topic.parameters},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages(topic)},
    }


def _operation(topic: Topic) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": topic.way,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": topic.says,
        "bindings": {"mqtt": {"qos": 1, "retain": topic.retained, **_BINDING}},
    }
    if topic.name == "command":
        operation["reply"] = {
            "address": {
                "location": "$message.header#/responseTopic",
                "description": f"A topic below {BASE}/reply/; without one there, nothing is answered.",
            },
            "channel": {"$ref": "#/channels/reply"},
        }
    return operation


def _messages(topic: Topic) -> dict[str, dict[str, Any]]:
    if topic.name == "event":
        return {kind.type: _event(topic, kind) for kind in CATALOGUE.values()}
    assert topic.payload is not None
    payload = topic.payload
    if topic.name == "events":
        kinds = [{"$ref": f"{FOLDER}/{kind}.json"} for kind in CATALOGUE]
        payload = {"type": "array", "items": {"oneOf": kinds}, "minItems": 1, "maxItems": MOST_IN_A_BATCH}
    message: dict[str, Any] = {
        "name": topic.name,
        "contentType": topic.content_type,
        "description": topic.says,
        "payload": _schema(payload),
        "bindings": {"mqtt": {"contentType": topic.content_type, **_BINDING}},
    }
    if topic.token:
        message["x-token"] = {"typ": topic.token, "claims": {"$ref": f"#/components/schemas/{topic.token}"}}
    if topic.user:
        message["headers"] = _schema(table(topic.user))
    if topic.name == "command":
        correlated = {"responseTopic": {"type": "string"}, "correlationData": {"type": "string"}}
        message["headers"] = _schema({"type": "object", "properties": correlated})
    return {topic.name: message}


def _event(topic: Topic, kind: EventType) -> dict[str, Any]:
    return {
        "name": kind.type,
        "contentType": topic.content_type,
        "summary": kind.says,
        "headers": _schema(table(topic.user)),
        "payload": _schema({"$ref": f"{FOLDER}/{kind.type}.json"}),
        "bindings": {"mqtt": {"contentType": topic.content_type, **_BINDING}},
        "x-priority": [priority.name.lower() for priority in kind.priority],
    }


def _schema(shape: Schema) -> dict[str, Any]:
    return {"schemaFormat": _DRAFT, "schema": shape}
