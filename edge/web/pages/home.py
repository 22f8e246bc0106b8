"""The overview: what the running daemon says of itself, shortly."""

from __future__ import annotations

from typing import Any

from edge.errors import EdgeError
from edge.web.answer import Answer
from edge.web.certificate import fingerprint
from edge.web.facts import facts, troubles
from edge.web.visit import Visit


def show(visit: Visit) -> Answer:
    """The page."""
    found = overview(visit)
    daemon = found["daemon"]
    shown = list(facts(daemon, visit.say)) if daemon else []
    wrong = troubles(daemon) if daemon else []
    return visit.page("home.html", **found, facts=shown, wrong=wrong, fingerprint=fingerprint(visit.house.certificate))


def overview(visit: Visit) -> dict[str, Any]:
    """The status, or why there is none."""
    try:
        return {"daemon": visit.house.looking.status(), "trouble": ""}
    except EdgeError as error:
        return {"daemon": None, "trouble": str(error)}
