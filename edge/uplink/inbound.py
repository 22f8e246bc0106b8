"""What the device is told: one message, and who takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from paho.mqtt.client import MQTTMessage

MOST_BYTES = 256 * 1024
"""The largest packet that a broker may send us; it is told so when we connect."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message. `retain`: it stood at the broker, so it may be old. Without MQTT 5 there is neither a
    `response_topic` nor a `correlation`.
    """

    topic: str
    payload: bytes
    retain: bool = False
    response_topic: str = ""
    correlation: bytes = b""


Handler = Callable[[Inbound], bool]
"""Called on the uplink's thread and must be quick. False: there is no room for it; it is dropped and counted."""


def of_message(message: MQTTMessage) -> Inbound:
    """What paho received. A topic that is no UTF-8, which no broker should pass on, becomes an empty one."""
    try:
        topic = message.topic
    except UnicodeDecodeError:
        topic = ""
    properties = message.properties
    return Inbound(
        topic,
        bytes(message.payload),
        bool(message.retain),
        getattr(properties, "ResponseTopic", ""),
        getattr(properties, "CorrelationData", b""),
    )
