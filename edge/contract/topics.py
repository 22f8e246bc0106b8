"""Every topic of a device: who writes, what stands on it, whether it is retained. All with QoS 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from edge.contract import shapes
from edge.contract.shapes import EVENT_TYPE, KEY, TOKEN, Schema, many, table, text, whole, word

BASE = "edge/v1/{site}/{device}"
MOST_IN_A_BATCH = 64
JSON = "application/json"
CLOUDEVENT = "application/cloudevents+json; charset=utf-8"
BATCH = "application/cloudevents-batch+json; charset=utf-8"
PLAIN = "text/plain"
JOSE = "application/jose"

PARAMETERS: Mapping[str, str] = {
    "site": "the configuration's `[device] site`",
    "device": "the configuration's `[device] id`",
    "type": "the event's type",
    "name": "the command's name",
    "rest": "what the sender of the command chose",
    "zone": "the configuration's `[office] zone`",
    "prefix": "the configuration's `[homeassistant] prefix`",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """`way`: seen from the device. `payload`: None for events, whose schema follows from their type. `token`: the
    kind of signed token that the payload is. `user`: MQTT 5 user properties that are always there.
    """

    name: str
    address: str
    way: Literal["send", "receive"]
    says: str
    content_type: str
    payload: Schema | None = None
    retained: bool = False
    token: str = ""
    user: Mapping[str, Schema] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(name for name in PARAMETERS if "{" + name + "}" in self.address)


STATE: Schema = {
    "type": "object",
    "required": ["device", "site", "version", "clock"],
    "properties": {
        "device": shapes.NAME,
        "site": shapes.NAME,
        "version": text(80, least=1),
        "clock": word("synced", "unsynced", "corrected"),
    },
    "additionalProperties": {"type": "object", "description": "a component: what it is and how it is"},
}

REPLY: Schema = table(
    {
        "id": text(64),
        "cmd": text(256),
        "result": word("applied", "refused"),
        "reason": text(80),
        "detail": text(300),
        "device": shapes.like("[^/+#]+/[^/+#]+"),
        "time": text(40, least=20),
    },
    {"nonce": text(200, least=1) | {"description": "the answer to command/challenge"}},
)

REPORTED: Schema = table(
    {
        "version": whole(),
        "status": word("none", "applied", "refused", "trial", "rolledback"),
        "problems": many(text(), 100),
        "digest": shapes.SHA256,
        "time": text(40, least=20),
    }
)

LEVELS: Schema = table(
    {
        "hour": whole() | {"description": "hours since 1970, by the station's clock"},
        "bins": {
            "type": "object",
            "propertyNames": shapes.NAME,
            "maxProperties": 32,
            "additionalProperties": table(
                {
                    "category": shapes.NAME,
                    "fill_percent": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
                    "takes": shapes.yes_or_no() | {"description": "neither full nor on fire"},
                }
            ),
        },
    }
)

_UNTIL = whole() | {"description": "seconds after 1970 at which the pass expires; 0: it does not"}
_BY_NUMBER: Schema = {"type": "object", "propertyNames": shapes.like("[0-9a-f]{16}"), "maxProperties": 2000}

PASSES: Schema = table(
    {
        "hour": whole() | {"description": "hours since 1970, by the gate's clock"},
        "used": _BY_NUMBER
        | {
            "additionalProperties": {
                "type": "array",
                "prefixItems": [whole(1, 1000), _UNTIL],
                "items": False,
                "minItems": 2,
                "description": "how often this gate counted the pass, and when it expires",
            }
        },
        "revoked": _BY_NUMBER | {"additionalProperties": _UNTIL},
    }
)

_SEQ = shapes.like("[1-9][0-9]*")
_ID_AND_SEQ: dict[str, Any] = {"id": shapes.UUID7, "seq": _SEQ}
_COUNT_AND_SEQS: dict[str, Any] = {"count": _SEQ, "first": _SEQ, "last": _SEQ}

TOPICS = (
    Topic("event", f"{BASE}/event/{{type}}", "send", "One event.", CLOUDEVENT, user=_ID_AND_SEQ),
    Topic(
        "events",
        f"{BASE}/events",
        "send",
        "Several events of the backlog in one message, never an alarm.",
        BATCH,
        many({"type": "object", "required": ["type"], "properties": {"type": EVENT_TYPE}}, MOST_IN_A_BATCH, least=1),
        user=_COUNT_AND_SEQS,
    ),
    Topic("state", f"{BASE}/state", "send", "How every component is, when it has changed.", JSON, STATE, retained=True),
    Topic(
        "status",
        f"{BASE}/status",
        "send",
        "Whether the device is there; the broker itself says `offline` for one that dies (its will).",
        PLAIN,
        word("online", "offline"),
        retained=True,
    ),
    Topic(
        "levels",
        f"{BASE}/levels",
        "send",
        "How full the bins of a station are, in steps of five per cent; null: not known. Its neighbours read it.",
        JSON,
        LEVELS,
        retained=True,
    ),
    Topic(
        "passes",
        f"{BASE}/passes",
        "send",
        "How often this gate let each pass in, and which it was told to revoke, by their numbers. Other gates read it.",
        JSON,
        PASSES,
        retained=True,
    ),
    Topic(
        "keys",
        f"{BASE}/keys",
        "send",
        "The device's public keys: it signs with one, and is sealed to by the other.",
        JSON,
        table({"signing": KEY, "sealing": KEY}),
        retained=True,
    ),
    Topic(
        "command",
        f"{BASE}/command/{{name}}",
        "receive",
        "An order: a signed token, or for two people two of them, one to a line.",
        JOSE,
        shapes.like(r"[\w-]+\.[\w-]+\.[\w-]+(\n[\w-]+\.[\w-]+\.[\w-]+)?") | {"maxLength": 131073},
        token="edge-command",
    ),
    Topic(
        "reply",
        f"{BASE}/reply/{{rest}}",
        "send",
        "What became of an order, on the response topic that came with it, with its correlation data.",
        JSON,
        REPLY,
    ),
    Topic(
        "roster_want",
        f"{BASE}/roster/want",
        "send",
        "The device misses something of its zone's roster; it has version `have`.",
        JSON,
        table({"zone": shapes.NAME, "have": whole()}),
    ),
    Topic(
        "config_desired",
        f"{BASE}/config/desired",
        "receive",
        "The configuration that the office wants.",
        JOSE,
        TOKEN,
        retained=True,
        token="edge-config",
    ),
    Topic(
        "config_reported",
        f"{BASE}/config/reported",
        "send",
        "The configuration that is in force.",
        JSON,
        REPORTED,
        retained=True,
    ),
    Topic(
        "watermark",
        f"{BASE}/watermark",
        "receive",
        "How far the central store has everything.",
        JOSE,
        TOKEN,
        retained=True,
        token="edge-watermark",
    ),
    Topic(
        "roster",
        "edge/v1/{site}/roster/{zone}",
        "receive",
        "The people of a zone, each sealed to every device of it.",
        JOSE,
        TOKEN,
        retained=True,
        token="edge-roster",
    ),
    Topic(
        "homeassistant",
        "{prefix}/device/{device}/config",
        "send",
        "The device as Home Assistant discovers it, where the configuration says so.",
        JSON,
        {"type": "object", "required": ["dev", "o", "cmps"]},
        retained=True,
    ),
)
