"""Jinja's environment: everything is escaped, and a name that does not exist is an error."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from edge.web.words import HTML_NAMES

_FOLDER = Path(__file__).with_name("pieces")


@functools.cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["html_names"] = HTML_NAMES
    return made


def render(template: str, context: Mapping[str, Any]) -> str:
    """The page's text."""
    return _environment().get_template(template).render(context)
