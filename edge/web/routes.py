"""Every route of the page, and who may ask for it. What is not in this list does not exist."""

from __future__ import annotations

from edge.web.pages import home, pair, static
from edge.web.visit import Route, by_path

LIST: tuple[Route, ...] = (
    Route("/style.css", "open", get=static.style),
    Route("/page.js", "open", get=static.script),
    Route("/favicon.ico", "open", get=static.icon),
    Route("/language", "open", get=pair.language),
    Route("/pair", "open", get=pair.show, post=pair.attempt),
    Route("/leave", "paired", post=pair.leave),
    Route("/", "paired", get=home.show, title="Overview"),
)
ROUTES = by_path(LIST)
