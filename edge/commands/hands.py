"""What the desk for configurations can do to the device, passed in: this room knows neither the uplink nor the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge.actions import Report
from edge.config.schema import Config


class Message(Protocol):
    """What the uplink hands over."""

    @property
    def payload(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Hands:
    """What the desk can do.

    `apply` makes a configuration hold in the running device, or returns False. `restart` asks for a new process, and
    returns at once. `connected`: whether the broker is there now. `keep(payload)` replaces the retained report.
    `check` raises EdgeError for what the schema cannot tell (a site's own phrases, for one).
    """

    apply: Callable[[Config], bool]
    restart: Callable[[str], None]
    connected: Callable[[], bool]
    keep: Callable[[bytes], object]
    submit: Callable[[Report], object]
    check: Callable[[Config], object] = lambda _config: None
