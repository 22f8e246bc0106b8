"""From `[uplink]` to how the broker is reached."""

from __future__ import annotations

from edge.config.schema import Uplink
from edge.uplink.settings import Broker


def make_broker(settings: Uplink) -> Broker:
    """How to reach the broker."""
    return Broker(
        host=settings.host,
        port=settings.port,
        tls=settings.tls,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        username=settings.username,
        password_file=settings.password_file,
        window=settings.window,
    )
