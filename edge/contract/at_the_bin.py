"""The events of a waste station: what was thrown in, how full the bins are, fire, and what people say of it."""

from __future__ import annotations

from edge.actions import Priority
from edge.contract import shapes
from edge.contract.kinds import EventType
from edge.contract.shapes import Schema, many, number, table, text, whole, word, yes_or_no

BIN: Schema = shapes.NAME
CATEGORY: Schema = shapes.NAME
PERCENT = number(0, 100)
CELSIUS = number(-60, 200)
NUMBER: Schema = text(64, least=1) | {"description": "names this drop; a correction refers to it"}
_LIKELY = number(0, 1) | {"description": "that the category is right, as calibrated"}
DROP = {
    "drop": NUMBER,
    "bin": BIN,
    "takes": CATEGORY | {"description": "what the bin is for"},
    "by": many(word("camera", "beam", "scale"), 3, least=1) | {"description": "who noticed it"},
}
JUDGED = {
    "category": CATEGORY | {"description": "what it was; absent where the station was not sure"},
    "fine": shapes.like("[a-z0-9][a-z0-9_-]{0,62}") | {"description": "the fine class"},
    "probability": _LIKELY,
    "load_g": number(-1e6, 1e6),
}
_HOURS = number(0, 24 * 14)
LEVEL = {"bin": BIN, "percent": PERCENT, "stage": word("room", "nearlyfull", "full", "overflow")}
OUTLOOK = {
    "full_in_h": _HOURS | {"description": "hours until it is full, as its own habits say"},
    "full_in_low_h": _HOURS | {"description": "in one case of ten it is full sooner"},
    "full_in_high_h": {"type": ["number", "null"], "minimum": 0, "description": "null: beyond two weeks"},
    "doubtful": yes_or_no() | {"description": "a sensor of the bin is at fault"},
}
_LEVEL_EXAMPLE = {"bin": "paper", "percent": 76.4, "stage": "nearlyfull"}
_EXAMPLE = {"drop": "1f0c9a2b-17", "bin": "paper", "takes": "recyclable", "by": ["camera", "beam"]}

TYPES = (
    EventType(
        "waste.dropped",
        (Priority.WASTE,),
        "person?",
        "Something was thrown in: into the right bin, or nobody could tell what it was.",
        table(DROP, JUDGED | {"points": whole(0, 1000)}),
        {**_EXAMPLE, "category": "recyclable", "fine": "cardboard", "probability": 0.97},
    ),
    EventType(
        "waste.missorted",
        (Priority.WASTE,),
        "person?",
        "Something was thrown into a bin for another category.",
        table(DROP, JUDGED),
        {**_EXAMPLE, "category": "kitchen", "fine": "food", "probability": 0.93},
    ),
    EventType(
        "waste.offhours",
        (Priority.WASTE,),
        "person?",
        "Something was thrown in outside the hours of the bin's category.",
        table(DROP, JUDGED),
        _EXAMPLE,
    ),
    EventType(
        "waste.corrected",
        (Priority.WASTE,),
        "",
        "Somebody says that a drop was judged wrongly.",
        table(
            {"drop": NUMBER, "bin": BIN, "by": word("button", "office")},
            {"was": CATEGORY, "category": CATEGORY | {"description": "what it truly was; absent where nobody said"}},
        ),
        {"drop": "1f0c9a2b-17", "bin": "paper", "by": "office", "was": "recyclable", "category": "other"},
    ),
    EventType(
        "waste.accuracy",
        (Priority.TELEMETRY,),
        "bin",
        "How often the station judged drops into a bin in a day, and how often somebody said that it was wrong.",
        table({"bin": BIN, "judged": whole(1), "wrong": whole()}),
        {"bin": "paper", "judged": 61, "wrong": 2},
    ),
    EventType(
        "bin.level",
        (Priority.TELEMETRY,),
        "bin",
        "How full a bin is, when that has changed, and every six hours.",
        table(LEVEL, OUTLOOK | {"change": word("compacted")}),
        {**_LEVEL_EXAMPLE, "full_in_h": 9.5, "full_in_low_h": 6.0, "full_in_high_h": 14.5},
    ),
    EventType(
        "bin.nearlyfull",
        (Priority.WASTE,),
        "bin",
        "A bin is nearly full.",
        table(LEVEL, OUTLOOK | {"change": word("compacted")}),
        _LEVEL_EXAMPLE,
    ),
    EventType(
        "bin.full",
        (Priority.WASTE,),
        "bin",
        "A bin is full; people are sent elsewhere.",
        table(LEVEL, OUTLOOK | {"change": word("compacted")}),
        {**_LEVEL_EXAMPLE, "percent": 91.0, "stage": "full"},
    ),
    EventType(
        "bin.overflow",
        (Priority.WASTE, Priority.ALARM),
        "bin",
        "A bin overflows: its level says so, or the camera sees it.",
        {
            "oneOf": [
                table(LEVEL, OUTLOOK | {"change": word("compacted")}),
                table({"bin": BIN, "by": word("camera")}),
            ]
        },
        {"bin": "other", "by": "camera"},
    ),
    EventType(
        "bin.emptied",
        (Priority.WASTE,),
        "bin",
        "A bin was emptied.",
        table(LEVEL | {"before": PERCENT}, OUTLOOK),
        {"bin": "paper", "percent": 3.0, "stage": "room", "before": 93.5},
    ),
    EventType(
        "bin.fire",
        (Priority.ALARM,),
        "bin?",
        "Smoke or heat in a bin; without a bin: in the station.",
        table({"by": word("smoke", "heat")}, {"bin": BIN, "celsius": CELSIUS}),
        {"bin": "other", "by": "heat", "celsius": 74.5},
    ),
    EventType(
        "bin.fireover",
        (Priority.ALARM,),
        "bin?",
        "Nothing has spoken for the fire for a minute.",
        table({}, {"bin": BIN}),
        {"bin": "other"},
    ),
    EventType(
        "bin.cleared",
        (Priority.WASTE,),
        "bin",
        "The camera sees the rim of a bin clean again.",
        table({"bin": BIN}),
        {"bin": "other"},
    ),
    EventType(
        "station.littered",
        (Priority.WASTE,),
        "",
        "Something lies on the floor before the bins.",
        table({}),
    ),
    EventType(
        "station.cleared",
        (Priority.WASTE,),
        "",
        "The floor before the bins is clean again.",
        table({}),
    ),
    EventType(
        "lid.blocked",
        (Priority.ALARM,),
        "bin",
        "A lid met something while it closed, and opened again.",
        table({"bin": BIN, "tries": whole(1), "stays_open": yes_or_no()}),
        {"bin": "paper", "tries": 3, "stays_open": True},
    ),
    EventType(
        "poll.answered",
        (Priority.TELEMETRY,),
        "",
        "Answers to a question of the office, counted together, so that nobody is known by one.",
        {
            "oneOf": [
                table({"poll": shapes.NAME, "yes": whole(), "no": whole()}),
                table({"poll": shapes.NAME, "withheld": whole(1) | {"description": "too few to be told apart"}}),
            ]
        },
        {"poll": "lift", "yes": 4, "no": 1},
    ),
)
