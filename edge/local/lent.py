"""What the device lends the local desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from edge.actions import Report
from edge.clock import Clock, Now
from edge.events import Event


class Lent(NamedTuple):
    """What the device lends the desk; none of it blocks. `post` into the inbox; `latest`: the status board's snapshot;
    `cut`, `probe` of the uplink; `sign` gives a token of the kind `edge-acceptance`.
    """

    post: Callable[[Event], bool]
    submit: Callable[[Report, Now], None]
    clock: Clock
    latest: Callable[[], Mapping[str, Any]]
    cut: Callable[[float], None]
    sign: Callable[[Mapping[str, Any]], str]
    probe: Callable[[bool], Mapping[str, Any] | None]


Order = Callable[[Mapping[str, Any]], tuple[str, str] | None]
"""Takes a request and carries it out; a word and a sentence where it does not. May raise EdgeError."""
