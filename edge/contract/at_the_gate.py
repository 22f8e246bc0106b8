"""The events of a gate: who passed, who did not and why, and what the door does."""

from __future__ import annotations

from edge.actions import Priority
from edge.contract.kinds import EventType
from edge.contract.shapes import NAME, Schema, like, many, number, seconds, table, text, whole, word, yes_or_no

SCORE: Schema = number(-2, 2) | {"description": "cosine less margin"}
SHARE: Schema = number(0, 1)
PERSON: Schema = text(80, least=1)
SCORES = {"score": SCORE, "threshold": SCORE, "frames": whole(1, 10_000)}
REASONS = (
    "unknown",
    "poor_picture",
    "schedule",
    "expired",
    "not_yet_valid",
    "revoked",
    "clock",
    "locked_out",
    "lockdown",
    "spoof",
    "challenge",
    "way",
    "pin",
    "passback",
    "interlock",
    "malformed",
    "foreign_signer",
    "wrong_site",
    "wrong_zone",
    "used_up",
    "storage",
)
BY: Schema = like(r"(face|card|pin|pass)(\+(card|pin|pass))*") | {"description": "everything that was shown"}
WAITED: Schema = seconds() | {"description": "since the first of it was shown"}
CUES: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^[a-z_]+$", "maxLength": 40},
    "additionalProperties": number(0, 1),
    "maxProperties": 20,
    "description": "signs of life, each from 0 to 1",
}
SHOWN = {
    **SCORES,
    "cues": CUES,
    "challenged": yes_or_no() | {"description": "asked for gestures, and made them"},
    "reader": NAME,
    "pass": text(64, least=1) | {"description": "the number of the pass"},
}
DETAILS = ("too_far", "turned_away", "blurred", "too_dark", "too_bright", "backlit", "cut_off")

TYPES = (
    EventType(
        "access.granted",
        (Priority.ACCESS,),
        "person?",
        "Somebody was let in, by what they showed or by an order of the office. The person of a visitor is their host.",
        {
            "oneOf": [
                table({"by": BY, "waited_s": WAITED}, SHOWN | {"passback": yes_or_no(), "visitor": yes_or_no()}),
                table(
                    {"by": word("command"), "command": text(64, least=1) | {"description": "the order's `jti`"}},
                    {"hold": yes_or_no() | {"description": "until the office releases it"}},
                ),
            ]
        },
        {"by": "face", "score": 0.713, "threshold": 0.42, "frames": 3, "waited_s": 0.6},
    ),
    EventType(
        "access.refused",
        (Priority.ACCESS,),
        "person?",
        "Somebody was not let in; the person is named only where they are known.",
        table(
            {"reason": word(*REASONS)},
            {
                **SHOWN,
                "by": BY,
                "detail": word(*DETAILS),
                "lockout_s": seconds() | {"description": "a lock-out begins here"},
            },
        ),
        {"reason": "unknown", "score": 0.211, "threshold": 0.42, "frames": 5},
    ),
    EventType(
        "access.exit",
        (Priority.ACCESS,),
        "person?",
        "Somebody left: by the button on the inside or, named, by a card.",
        table({}, {"by": word("card")}),
    ),
    EventType(
        "access.quality",
        (Priority.ACCESS, Priority.TELEMETRY),
        "",
        "What share of strangers' attempts is likely to be taken for somebody on file: every day, and at once when the "
        "verdict changes.",
        table(
            {
                "verdict": word("learning", "within", "beyond"),
                "target": number(0, 1),
                "comparisons": number(0, 1e9),
                "days": whole(),
                "unknown": number(0, 1e9),
                "people": whole(),
                "rates": many(table({"people": whole(1), "estimate": SHARE, "low": SHARE, "high": SHARE}), 10),
                "look_alikes": many(table({"a": PERSON, "b": PERSON, "share": SHARE}), 100),
            }
        ),
        {
            "verdict": "within",
            "target": 0.001,
            "comparisons": 4120.4,
            "days": 31,
            "unknown": 213.7,
            "people": 320,
            "rates": [
                {"people": 320, "estimate": 0.00031, "low": 0.00012, "high": 0.00067},
                {"people": 384, "estimate": 0.00033, "low": 0.00013, "high": 0.00071},
            ],
            "look_alikes": [{"a": "1f0c5a77be0214d9", "b": "9f86d081884c7d65", "share": 0.833}],
        },
    ),
    EventType(
        "door.opened",
        (Priority.ACCESS,),
        "",
        "The door was opened after a grant or the button, or stood open when the device began to look.",
        table({}, {"found_open": yes_or_no()}),
        {"found_open": True},
    ),
    EventType(
        "door.closed",
        (Priority.ACCESS,),
        "",
        "The door fell shut.",
        table({"open_s": seconds()}),
        {"open_s": 3.4},
    ),
    EventType(
        "door.forced",
        (Priority.ALARM,),
        "",
        "The door was opened without a grant or the button.",
        table({}),
    ),
    EventType(
        "door.held",
        (Priority.ACCESS, Priority.ALARM),
        "",
        "The door stands open too long: first a warning, then an alarm.",
        table({"stage": word("warning", "alarm"), "open_s": seconds()}),
        {"stage": "warning", "open_s": 30.0},
    ),
    EventType(
        "door.restored",
        (Priority.ALARM,),
        "",
        "The door is shut again after it was forced or held.",
        table({"after": word("forced", "held")}),
        {"after": "held"},
    ),
    EventType(
        "alarm.duress",
        (Priority.ALARM,),
        "person",
        "Somebody typed the PIN that says they are under threat. Nothing of it shows at the door.",
        table({}),
    ),
    EventType(
        "fire.alarm",
        (Priority.ALARM,),
        "",
        "The fire panel tells of a fire; the door is free until it does so no more.",
        table({}),
    ),
    EventType(
        "fire.over",
        (Priority.ALARM,),
        "",
        "The fire panel is at rest again, and the door as before.",
        table({}),
    ),
    EventType(
        "tamper.opened",
        (Priority.ALARM,),
        "",
        "The housing was opened.",
        table({}),
    ),
    EventType(
        "tamper.closed",
        (Priority.ALARM,),
        "",
        "The housing is closed again.",
        table({}),
    ),
)
