"""The topics of one device. They are a contract with other programs: see docs/events.md."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.errors import ConfigError

_PART = re.compile(r"[^/+#$\x00-\x1f\x7f][^/+#\x00-\x1f\x7f]*")

_NO_TOPIC = re.compile(r"^$|[+#\x00-\x1f\x7f\ud800-\udfff]")


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
    def events(self) -> str:
        """Several events in one message."""
        return f"{self._base}/events"

    @property
    def status(self) -> str:
        return f"{self._base}/status"

    @property
    def state(self) -> str:
        return f"{self._base}/state"

    @property
    def levels(self) -> str:
        """How full the bins are; the neighbouring stations of the site listen to it."""
        return self.levels_of(self.device)

    def levels_of(self, device: str) -> str:
        """In: the levels of another station of the site."""
        if not _PART.fullmatch(device):
            raise ConfigError(f"{device!r} cannot be part of an MQTT topic", hint="use letters, digits and '-'")
        return f"edge/v1/{self.site}/{device}/levels"

    @property
    def passes(self) -> str:
        """Which passes were used up or revoked here; the other gates of the site listen to it."""
        return f"{self._base}/passes"

    @property
    def passes_of_all(self) -> str:
        """In: the same of every gate of the site, our own among them."""
        return f"edge/v1/{self.site}/+/passes"

    @property
    def watermark(self) -> str:
        """In: how far the central store has everything."""
        return f"{self._base}/watermark"

    @property
    def commands(self) -> str:
        """In: a filter for all commands."""
        return f"{self._base}/command/+"

    @property
    def config_desired(self) -> str:
        """In: the configuration that the office wants."""
        return f"{self._base}/config/desired"

    @property
    def config_reported(self) -> str:
        return f"{self._base}/config/reported"

    @property
    def keys(self) -> str:
        """The device's public keys."""
        return f"{self._base}/keys"

    @property
    def replies(self) -> str:
        """Below it lies every response topic that is answered."""
        return f"{self._base}/reply"

    def is_reply(self, topic: str) -> bool:
        """Whether an answer may be sent to this response topic, which a stranger may have chosen."""
        below = topic.removeprefix(f"{self.replies}/")
        return below != topic and 0 < len(topic) <= 512 and not _NO_TOPIC.search(below)

    @property
    def roster_want(self) -> str:
        """Where the device says that it misses something of its zone's roster."""
        return f"{self._base}/roster/want"

    def roster(self, zone: str) -> str:
        """In: the people of a zone of the site."""
        if not _PART.fullmatch(zone):
            raise ConfigError(f"{zone!r} cannot be part of an MQTT topic", hint="use letters, digits and '-'")
        return f"edge/v1/{self.site}/roster/{zone}"

    @property
    def _base(self) -> str:
        return f"edge/v1/{self.site}/{self.device}"
