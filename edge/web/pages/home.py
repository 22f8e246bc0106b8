"""The overview: what the running daemon says of itself, shortly."""

from __future__ import annotations

from typing import Any

from edge.errors import EdgeError
from edge.web.answer import Answer
from edge.web.certificate import fingerprint
from edge.web.facts import facts, troubles
from edge.web.visit import Visit
from edge.web.waits import waits


def show(visit: Visit) -> Answer:
    """The page."""
    found = overview(visit)
    daemon = found["daemon"]
    shown = list(facts(daemon, visit.say)) if daemon else []
    wrong = troubles(daemon) if daemon else []
    waited = list(waits(daemon, visit.say)) if daemon else []
    own = fingerprint(visit.house.certificate)
    return visit.page("home.html", **found, facts=shown, waits=waited, wrong=wrong, fingerprint=own)


def overview(visit: Visit) -> dict[str, Any]:
    """The status, or why there is none."""
    try:
        return {"daemon": visit.house.looking.status(), "trouble": ""}
    except EdgeError as error:
        return {"daemon": None, "trouble": str(error)}
