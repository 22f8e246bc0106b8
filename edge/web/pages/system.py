"""The device as a machine: versions and updates, starting anew, the office's code."""

from __future__ import annotations

import logging
from typing import Any

from edge import __version__
from edge.errors import DataError, EdgeError
from edge.update.journal import JournalFile, read_outcome
from edge.update.layout import Layout
from edge.web.answer import Answer, see_other
from edge.web.durable import write_json
from edge.web.house import FOLDER
from edge.web.pages.trial import desk
from edge.web.visit import Visit

log = logging.getLogger(__name__)

REBOOT = "reboot.request"
"""In the page's folder; edge-reboot.path has root act upon it, since the page itself may not."""


def show(visit: Visit) -> Answer:
    """The page."""
    return visit.page("system.html", code="", version=__version__, update=_update(visit), asked=_asked(visit))


def office(visit: Visit) -> Answer:
    """A new code for the office; it is shown this once."""
    code = visit.house.pairing.new_office_code()
    log.info("a new code for the office was made")
    return visit.page("system.html", code=code, version=__version__, update=_update(visit), asked=_asked(visit))


def update(visit: Visit) -> Answer:
    """Have the daemon fetch a version; what may install it takes it from there."""
    version = visit.given("version", most=40).strip()
    desk(visit).ask("update", version=version)
    log.info("version %r is asked for by the page's %s", version, visit.paired.role)
    visit.paired.tell("good", visit.say("It is being fetched. If it is installed, the page begins anew, too."))
    return see_other("/system")


def reboot(visit: Visit) -> Answer:
    """Ask for it."""
    if visit.given("sure") != "yes":
        visit.paired.tell("bad", visit.say("Tick the box first."))
        return see_other("/system")
    log.warning("a reboot is asked for by the page's %s", visit.paired.role)
    write_json(visit.house.state_dir / FOLDER / REBOOT, {"by": f"page {visit.paired.role}"})
    visit.paired.tell(
        "good", visit.say("The device begins anew. The page is there again in about a minute; pair again then.")
    )
    return see_other("/system")


def _asked(visit: Visit) -> bool:
    """Whether somebody still has to see to it."""
    return (visit.house.state_dir / FOLDER / REBOOT).exists()


def _update(visit: Visit) -> dict[str, Any]:
    settings = visit.house.config.update
    layout = Layout(settings.folder)
    try:
        journal, last = JournalFile(layout.work).read(), read_outcome(layout.work)
    except DataError as error:
        return {"under_way": str(error), "last": "", "versions": [], "can": False}
    try:
        state: dict[str, Any] = visit.house.looking.status().get("office", {}).get("update", {})
    except EdgeError:
        state = {}
    return {
        "under_way": f"{journal.version}: {journal.step}" if journal else "",
        "fetching": state.get("version", ""),
        "last": f"{last.before} → {last.version}: {last.result} {last.reason}".rstrip() if last else "",
        "versions": layout.installed() if layout.versions.is_dir() else [],
        "can": settings.key_file is not None and bool(settings.source) and "state" in state,
    }
