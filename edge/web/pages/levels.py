"""How full the bins are: the sensors' last readings, and the levels of a week as a plot."""

from __future__ import annotations

from typing import Any

from edge.errors import EdgeError
from edge.store.history import StoredEvent
from edge.store.schema import EVENTS_NAME
from edge.web import plot
from edge.web.answer import Answer
from edge.web.pages.trial import desk
from edge.web.past import Filter, newest
from edge.web.visit import Visit

_MOST_PAGES = 40


def show(visit: Visit) -> Answer:
    """The page."""
    try:
        bins: dict[str, Any] = desk(visit).levels()
        trouble = ""
    except EdgeError as error:
        bins, trouble = {}, str(error)
    now_us, zone = visit.house.clock().wall_us, visit.house.config.device.timezone
    drawn = plot.draw(plot.percents(_told(visit, now_us)), now_us, zone)
    return visit.page("levels.html", bins=bins, trouble=trouble, plot=drawn, size=plot)


def _told(visit: Visit, now_us: int) -> list[StoredEvent]:
    """A week of levels, newest first."""
    wanted = Filter("bin", since_us=now_us - plot.DAYS * 86_400_000_000)
    file = visit.house.state_dir / EVENTS_NAME
    found, rest = newest(file, wanted)
    for _ in range(_MOST_PAGES):
        if rest is None:
            break
        more, rest = newest(file, wanted, rest)
        found += more
    return found
