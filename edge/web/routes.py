"""Every route of the page, and who may ask for it. What is not in this list does not exist."""

from __future__ import annotations

from edge.web.pages import events, home, outbox, pair, people, static
from edge.web.visit import Route, by_path

LIST: tuple[Route, ...] = (
    Route("/style.css", "open", get=static.style),
    Route("/page.js", "open", get=static.script),
    Route("/favicon.ico", "open", get=static.icon),
    Route("/language", "open", get=pair.language),
    Route("/pair", "open", get=pair.show, post=pair.attempt),
    Route("/leave", "paired", post=pair.leave),
    Route("/", "paired", get=home.show, title="Overview"),
    Route("/events", "paired", get=events.show, title="Events"),
    Route("/events/export", "paired", get=events.export_file),
    Route("/outbox", "paired", get=outbox.show, title="Outbox and broker"),
    Route("/people", "paired", get=people.show, title="People"),
    Route("/people/one", "paired", get=people.one),
    Route("/people/revoke", "paired", post=people.revoke),
    Route("/people/erase", "paired", post=people.erase),
)
ROUTES = by_path(LIST)
