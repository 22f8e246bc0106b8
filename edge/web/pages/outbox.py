"""What waits to be sent, and how the broker is."""

from __future__ import annotations

from edge.store.reader import EventReader, NoStoreError
from edge.store.schema import EVENTS_NAME
from edge.web.answer import Answer
from edge.web.pages.home import overview
from edge.web.visit import Visit


def show(visit: Visit) -> Answer:
    """The page."""
    reader = EventReader(visit.house.state_dir / EVENTS_NAME)
    try:
        backlog = {priority.name.lower(): count for priority, count in reader.backlog().items()}
    except NoStoreError:
        backlog = {}
    finally:
        reader.close()
    uplink = visit.house.config.uplink
    return visit.page("outbox.html", backlog=backlog, waiting=sum(backlog.values()), broker=uplink, **overview(visit))
