"""The pictures that a waste station sends to supervision."""

from __future__ import annotations

from edge.actions import Priority
from edge.contract.kinds import EventType
from edge.contract.of_the_office import LONGEST_PICTURE
from edge.contract.shapes import EVENT_TYPE, SHA256, like, number, table, text, whole, word

_SEALED = like("[A-Za-z0-9+/]+={0,2}") | {"maxLength": LONGEST_PICTURE // 2}

TYPES = (
    EventType(
        "waste.clip",
        (Priority.PICTURE,),
        "",
        "One frame of the moments around a drop, faces blurred, that only the office can open.",
        table(
            {
                "of": EVENT_TYPE | {"description": "the type of the event that it belongs to"},
                "drop": text(64) | {"description": "that event's drop"},
                "frame": whole(1, 16),
                "frames": whole(1, 16) | {"description": "how many this clip has"},
                "offset_ms": number(-60_000, 60_000) | {"description": "when it was taken, from the event on"},
                "keep_days": whole(1, 90) | {"description": "who has it deletes it after so many days"},
                "media": word("image/jpeg"),
                "sha256": SHA256 | {"description": "of the sealed bytes"},
                "sealed": _SEALED | {"description": "to the office's sealing key"},
            },
            {
                "original_sha256": SHA256,
                "original_sealed": _SEALED | {"description": "with faces, to the key of supervision"},
            },
        ),
        {
            "of": "waste.offhours",
            "drop": "1f0c9a2b-17",
            "frame": 1,
            "frames": 7,
            "offset_ms": -1500,
            "keep_days": 14,
            "media": "image/jpeg",
            "sha256": "06b48d9e155740f7fe5a65ec5e5a2fa399ef4d0d2bc52ce3de1cb29b754dd9d2",
            "sealed": "c2VhbGVk",
        },
    ),
)
