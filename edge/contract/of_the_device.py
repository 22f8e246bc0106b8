"""The events of the device itself: its parts, its clock, its store, its health."""

from __future__ import annotations

from edge.actions import Priority
from edge.contract import shapes
from edge.contract.kinds import EventType
from edge.contract.shapes import TIME, figures, many, number, ranges, seconds, table, text, whole, word, yes_or_no

COMPONENT = text(80, least=1)
FAULT = table({"component": COMPONENT, "what": text(), "detail": text(), "fatal": yes_or_no()})
RECOVERED = table({"component": COMPONENT, "down_s": seconds()})
BY_PRIORITY = table({}, {priority.name.lower(): whole(1) for priority in Priority})
MICROSECONDS = whole(-shapes.MOST, shapes.MOST)
MOST_RANGES = 1000
FILL = table({"used_share": number(0, 100), "free_mb": number(-1e9, 1e9), "limited_by": text(80, least=1)})

_FAULT_EXAMPLE = {"component": "camera", "what": "no picture", "detail": "is the cable in?", "fatal": False}
_TOKEN_EXAMPLE = "eyJ0eXAiOiJlZGdlLWNoZWNrcG9pbnQifQ.eyJzZXEiOjQxfQ.c2lnbmF0dXJl"

TYPES = (
    EventType(
        "sensor.fault",
        (Priority.ALARM,),
        "component",
        "A sensor (the camera, the contacts) does not work.",
        FAULT,
        _FAULT_EXAMPLE,
    ),
    EventType(
        "sensor.recovered",
        (Priority.ALARM,),
        "component",
        "A sensor that had failed works again.",
        RECOVERED,
        {"component": "camera", "down_s": 12.5},
    ),
    EventType(
        "device.fault",
        (Priority.ALARM,),
        "component",
        "Another part of the device does not work.",
        FAULT,
        {**_FAULT_EXAMPLE, "component": "voice", "what": "no sound card", "detail": "see `aplay -L`"},
    ),
    EventType(
        "device.recovered",
        (Priority.ALARM,),
        "component",
        "A part that had failed works again.",
        RECOVERED,
        {"component": "voice", "down_s": 3600.0},
    ),
    EventType(
        "device.started",
        (Priority.ACCESS,),
        "",
        "The device is ready.",
        table({"version": text(80, least=1), "warnings": many(text(200), 50)}),
        {"version": "0.1.0", "warnings": ["cards_can_be_copied"]},
    ),
    EventType(
        "device.stopped",
        (Priority.ACCESS,),
        "",
        "The device was told to stop.",
        table({"why": text()}),
        {"why": "SIGTERM"},
    ),
    EventType(
        "device.tested",
        (Priority.ACCESS,),
        "",
        "Somebody at the device tried one of its parts out, or wanted to; `by`: with what.",
        table(
            {"part": word("relay", "lamp", "lid", "speaker", "uplink"), "by": text(80), "uid": whole()}
            | {"applied": yes_or_no()},
            {"reason": text(80, least=1), "bin": text(80, least=1), "seconds": number(0, 120)},
        ),
        {"part": "relay", "by": "doctor", "uid": 0, "applied": True},
    ),
    EventType(
        "device.commissioned",
        (Priority.ACCESS,),
        "",
        "The installer has accepted the device after its self-test; `token` signs the report's files.",
        table(
            {"by": text(80), "uid": whole(), "passed": whole(), "warnings": whole(), "failed": whole()}
            | {"skipped": whole(), "token": shapes.TOKEN},
        ),
        {"by": "doctor", "uid": 0, "passed": 20, "warnings": 1, "failed": 0, "skipped": 4, "token": _TOKEN_EXAMPLE},
    ),
    EventType(
        "device.health",
        (Priority.TELEMETRY,),
        "",
        "Figures of the device, at a slow beat; one that cannot be measured is left out.",
        figures(),
        {"uptime_s": 86400.0, "temperature_c": 51.5, "outbox": 0},
    ),
    EventType(
        "clock.corrected",
        (Priority.ACCESS,),
        "clock",
        "The time became known: an event with this `bootid` and `clock` = `unsynced` happened at "
        "`monotonic` * 1e6 + `offset_us` microseconds after 1970.",
        table({"bootid": shapes.IDENTIFIER, "offset_us": MICROSECONDS, "was_off_us": MICROSECONDS}),
        {
            "bootid": "35b84336-8da4-4d2e-8fef-129f4c998c0e",
            "offset_us": 1795371561454254,
            "was_off_us": -5184000000000,
        },
    ),
    EventType(
        "chain.checkpoint",
        (Priority.TELEMETRY,),
        "",
        "The device's signature under the chain up to the event just before this one.",
        table({"epoch": shapes.EPOCH, "seq": whole(1), "hash": shapes.SHA256, "token": shapes.TOKEN}),
        {
            "epoch": "3a607c56ee0bcd52",
            "seq": 41,
            "hash": "06b48d9e155740f7fe5a65ec5e5a2fa399ef4d0d2bc52ce3de1cb29b754dd9d2",
            "token": _TOKEN_EXAMPLE,
        },
    ),
    EventType(
        "storage.nearlyfull",
        (Priority.ALARM,),
        "store",
        "The store is nearly full; when it is full, pictures go first, then telemetry.",
        FILL,
        {"used_share": 0.812, "free_mb": 96.3, "limited_by": "quota"},
    ),
    EventType(
        "storage.restored",
        (Priority.ALARM,),
        "store",
        "There is room in the store again.",
        FILL,
        {"used_share": 0.655, "free_mb": 176.6, "limited_by": "quota"},
    ),
    EventType(
        "storage.evicted",
        (Priority.ALARM,),
        "store",
        "Events that could not be kept until they were sent; without `ranges` when they never had a number.",
        table(
            {"reason": text(200, least=1), "count": whole(1), "by_priority": BY_PRIORITY}
            | {"first_time": TIME, "last_time": TIME},
            {"ranges": ranges(MOST_RANGES), "epoch": shapes.EPOCH},
        ),
        {
            "reason": "quota",
            "count": 120,
            "by_priority": {"telemetry": 119, "picture": 1},
            "ranges": [[7, 125], [130, 130]],
            "epoch": "3a607c56ee0bcd52",
            "first_time": "2026-11-22T19:00:07.133155Z",
            "last_time": "2026-11-22T21:00:07.133155Z",
        },
    ),
    EventType(
        "storage.salvaged",
        (Priority.ALARM,),
        "store",
        "A damaged database was set aside, and what could be read of it was taken over; `ranges` of `epoch` are lost.",
        table(
            {"file": text(200, least=1), "rows": whole(), "to_send": whole(), "complete": yes_or_no()},
            {"epoch": shapes.EPOCH, "ranges": ranges(MOST_RANGES)},
        ),
        {
            "file": "events.db.damaged-20261122T190007Z",
            "rows": 812,
            "to_send": 3,
            "complete": False,
            "epoch": "3a607c56ee0bcd52",
            "ranges": [[40, 44]],
        },
    ),
    EventType(
        "event.malformed",
        tuple(Priority),
        "as reported?",
        "A mistake in the program: an event that could not be written as it was.",
        table({"type": text(200), "problem": text(200)}),
        {"type": "door.opened", "problem": "set is no JSON"},
    ),
)
