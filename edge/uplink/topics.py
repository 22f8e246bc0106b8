"""The topics of one device. They are a contract with other programs: see docs/events.md."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.errors import ConfigError

_PART = re.compile(r"[^/+#$\x00-\x1f\x7f][^/+#\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True)
class Topics:
    """Everything below `edge/v1/{site}/{device}/`. Raises ConfigError for a name that cannot be part of a topic."""

    site: str
    device: str

    def __post_init__(self) -> None:
        for name in (self.site, self.device):
            if not _PART.fullmatch(name):
                raise ConfigError(f"{name!r} cannot be part of an MQTT topic", hint="use letters, digits and '-'")

    @property
    def client_id(self) -> str:
        """The name that the broker knows the device by; a second device with it would push the first one out."""
        return f"edge-{self.site}-{self.device}"

    def event(self, event_type: str) -> str:
        return f"{self._base}/event/{event_type}"

    @property
    def status(self) -> str:
        return f"{self._base}/status"

    @property
    def state(self) -> str:
        return f"{self._base}/state"

    @property
    def _base(self) -> str:
        return f"edge/v1/{self.site}/{self.device}"
