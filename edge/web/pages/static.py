"""Style, script and picture of the page: three files, read once."""

from __future__ import annotations

import functools
from pathlib import Path

from edge.web.answer import Answer
from edge.web.visit import Visit

_FOLDER = Path(__file__).parents[1] / "static"


@functools.cache
def _file(name: str, kind: str) -> Answer:
    return Answer(body=(_FOLDER / name).read_bytes(), kind=kind)


def style(_visit: Visit) -> Answer:
    """The style sheet."""
    return _file("style.css", "text/css; charset=utf-8")


def script(_visit: Visit) -> Answer:
    """What pages do by themselves: fill in the label's code, show new pictures and changes. They work without it."""
    return _file("page.js", "text/javascript; charset=utf-8")


def icon(_visit: Visit) -> Answer:
    """For the browser's tab."""
    return _file("icon.svg", "image/svg+xml")
