"""The events that answer the office: orders, configurations, people, pictures."""

from __future__ import annotations

from edge.actions import Priority
from edge.contract import shapes
from edge.contract.kinds import EventType
from edge.contract.shapes import SHA256, like, many, table, text, whole, word, yes_or_no

ORDER = {
    "command": text(64) | {"description": "its `jti`; empty where the signature does not hold"},
    "cmd": text(256) | {"description": "as its topic names it"},
    "kid": text(80) | {"description": "whose key signed it; empty where the signature does not hold"},
}
REASON = text(80, least=1)
VERSION = whole()
PROBLEMS = many(text(), 100)
TIMES = whole(1) | {"description": "how often since it was last told"}
FILE_NAME = text(200, least=1)
LONGEST_PICTURE = 400_000
"""Characters of base64: a JPEG of 300 kB, more than 1280 pixels at the best quality that can be configured."""

TYPES = (
    EventType(
        "command.applied",
        (Priority.ACCESS,),
        "command",
        "An order of the office was carried out.",
        table(ORDER),
        {"command": "9f86d081884c7d65", "cmd": "unlock", "kid": "anna"},
    ),
    EventType(
        "command.refused",
        (Priority.ACCESS,),
        "command",
        "An order was not carried out; `count` tells how many such refusals this one stands for.",
        table(ORDER | {"reason": REASON, "detail": text(300)}, {"count": whole(2)}),
        {
            "command": "9f86d081884c7d65",
            "cmd": "unlock",
            "kid": "anna",
            "reason": "expired",
            "detail": "7 s ago",
            "count": 3,
        },
    ),
    EventType(
        "config.applied",
        (Priority.TELEMETRY,),
        "",
        "A configuration of the office has proved itself, and stays in force.",
        table({"version": VERSION, "digest": SHA256}),
        {"version": 7, "digest": "06b48d9e155740f7fe5a65ec5e5a2fa399ef4d0d2bc52ce3de1cb29b754dd9d2"},
    ),
    EventType(
        "config.refused",
        (Priority.ALARM,),
        "",
        "A configuration of the office does not hold, and nothing of it is in force.",
        table(
            {"reason": REASON, "times": TIMES},
            {"version": VERSION, "seen": VERSION, "problems": PROBLEMS, "detail": text()},
        ),
        {"reason": "problems", "times": 1, "version": 8, "problems": ["lock.unlock_s: 0 is below 0.5"]},
    ),
    EventType(
        "config.rolledback",
        (Priority.ALARM,),
        "",
        "A configuration did not prove itself, and the one before is in force again.",
        table({"reason": text()}, {"version": VERSION}),
        {"version": 9, "reason": "the broker was not reached for 30 s within 300 s"},
    ),
    EventType(
        "roster.applied",
        (Priority.TELEMETRY,),
        "",
        "The people of a zone are those of this version, or, not `complete`, at least nobody is who should not be.",
        table(
            {"zone": shapes.NAME, "version": VERSION, "complete": yes_or_no()}
            | {"changed": whole(), "removed": whole(), "revoked": whole()}
        ),
        {"zone": "main", "version": 12, "complete": True, "changed": 1, "removed": 0, "revoked": 2},
    ),
    EventType(
        "roster.refused",
        (Priority.ALARM,),
        "",
        "A roster was not taken over, or not all of it.",
        table({"zone": shapes.NAME, "reason": REASON, "detail": text(), "times": TIMES}),
        {"zone": "main", "reason": "token", "detail": "signed by a key that is not known here", "times": 1},
    ),
    EventType(
        "person.erased",
        (Priority.ACCESS,),
        "",
        "A person was erased, and the events that named them with them.",
        table(
            {"events": whole()},
            {"left_in": many(FILE_NAME, 1000) | {"description": "databases set aside that may still tell of them"}},
        ),
        {"events": 214, "left_in": ["events.db.damaged-20261122T190007Z"]},
    ),
    EventType(
        "picture.taken",
        (Priority.PICTURE,),
        "person?",
        "A picture that only the holder of the office's sealing key can open.",
        table(
            {
                "sha256": SHA256 | {"description": "of the sealed bytes"},
                "media": word("image/jpeg"),
                "of": text(200) | {"description": "the event or order that it belongs to"},
                "sealed": like("[A-Za-z0-9+/]+={0,2}") | {"maxLength": LONGEST_PICTURE},
            }
        ),
        {
            "sha256": "06b48d9e155740f7fe5a65ec5e5a2fa399ef4d0d2bc52ce3de1cb29b754dd9d2",
            "media": "image/jpeg",
            "of": "door.forced",
            "sealed": "c2VhbGVk",
        },
    ),
)
