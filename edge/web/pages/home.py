"""The overview: what the running daemon says of itself, shortly."""

from __future__ import annotations

from typing import Any

from edge.errors import EdgeError
from edge.runtime.status import read_status
from edge.web.answer import Answer
from edge.web.certificate import fingerprint
from edge.web.visit import Visit


def show(visit: Visit) -> Answer:
    """The page."""
    return visit.page("home.html", **overview(visit), fingerprint=fingerprint(visit.house.certificate))


def overview(visit: Visit) -> dict[str, Any]:
    """The status, or why there is none."""
    try:
        status = read_status(visit.house.runtime_dir)
    except EdgeError as error:
        return {"daemon": None, "trouble": str(error)}
    return {"daemon": status, "trouble": ""}
