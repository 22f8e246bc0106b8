"""The events that tell what became of an update."""

from __future__ import annotations

from edge.actions import Priority
from edge.contract.kinds import EventType
from edge.contract.shapes import table, text

VERSIONS = {
    "version": text(80, least=1) | {"description": "the one that was to be installed"},
    "before": text(80) | {"description": "the one that ran until then"},
}
COMMAND = {"command": text(64) | {"description": "the order that it came with"}}

TYPES = (
    EventType(
        "update.applied",
        (Priority.ACCESS,),
        "",
        "A new version has proved itself, and is kept.",
        table(VERSIONS, COMMAND),
        {"version": "0.2.0", "before": "0.1.0", "command": "9f86d081884c7d65"},
    ),
    EventType(
        "update.rolledback",
        (Priority.ALARM,),
        "",
        "A new version could not be installed, or did not prove itself; the one before runs.",
        table(VERSIONS | {"reason": text(500)}, COMMAND),
        {"version": "0.2.0", "before": "0.1.0", "reason": "new faults: camera", "command": "9f86d081884c7d65"},
    ),
)
