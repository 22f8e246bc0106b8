"""One short connection to the broker of registrations, for either end. Callbacks only note what has come."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.errors import ConfigError, HardwareError
from edge.install.registering.exchange import MOST_BYTES
from edge.uplink.heard import LastWarning
from edge.uplink.settings import Broker, equip

_MOST_WAITING = 200
_ROOM = 1024
"""Of a packet besides its payload."""
_LIFE_S = 60
"""So long a message waits at the broker for somebody who listens."""


class Arrived(NamedTuple):
    """A message, and where its sender wants the answer."""

    topic: str
    payload: bytes
    answer_to: str


class Line:
    """Connects when made, blocking for at most the broker's timeouts. Raises HardwareError, ConfigError."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        topics: Sequence[str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker, self._topics, self._monotonic = broker, topics, monotonic
        self._heard = LastWarning()
        self._waiting: deque[Arrived] = deque()
        self._subscribed = False
        self._unanswered = 0
        self._ended = ""
        self.dropped = 0
        self._client = self._make(client_id)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = MOST_BYTES + _ROOM
        properties.ReceiveMaximum = 20
        hint = "is it running, and does the firewall let us through?"
        try:
            self._client.connect(
                broker.host, broker.port, keepalive=broker.keepalive_s, clean_start=True, properties=properties
            )
        except ConfigError:
            raise
        except (OSError, ValueError) as error:
            raise HardwareError(f"{broker.address}: {error}", hint=hint) from error
        self._until(lambda: self._subscribed, broker.connect_timeout_s)

    def pump(self, timeout_s: float) -> Arrived | None:
        """The next message, once there is one; waits at most `timeout_s`. Raises HardwareError when it is over."""
        if not self._waiting:
            self._loop(timeout_s)
        return self._waiting.popleft() if self._waiting else None

    def say(self, topic: str, payload: bytes, *, answer_to: str = "") -> None:
        """Publish, and wait until the broker has it. Raises HardwareError."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = _LIFE_S
        if answer_to:
            properties.ResponseTopic = answer_to
        self._unanswered += 1
        self._client.publish(topic, payload, qos=1, properties=properties)
        self._until(lambda: self._unanswered == 0, self._broker.connect_timeout_s)

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop(0.1)

    def _until(self, done: Callable[[], bool], timeout_s: float) -> None:
        until_s = self._monotonic() + timeout_s
        while not done():
            left_s = until_s - self._monotonic()
            if left_s <= 0:
                raise HardwareError(f"{self._broker.address} does not answer in time", hint="is it an MQTT broker?")
            self._loop(min(left_s, 0.25))

    def _loop(self, timeout_s: float) -> None:
        code = self._client.loop(timeout_s)
        if self._ended:
            raise HardwareError(f"{self._broker.address}: {self._ended}", hint="see the broker's log")
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            said = self._heard.text or "the connection broke"
            raise HardwareError(f"{self._broker.address}: {said}", hint="see the broker's log")

    def _make(self, client_id: str) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5)
        equip(client, self._broker, self._heard)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        return client

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self._ended = f"does not let us in: {reason.getName()}"
        else:
            client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        if refused := [reason for reason in reasons if reason.is_failure]:
            self._ended = f"does not let us listen: {refused[0].getName()}"
        self._subscribed = not refused

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # a broker ought to refuse it
            return
        # Retained by a stranger it would come again at each connection.
        if message.retain or len(self._waiting) >= _MOST_WAITING:
            self.dropped += 1
            return
        answer_to = getattr(message.properties, "ResponseTopic", "")
        self._waiting.append(Arrived(topic, bytes(message.payload), answer_to if isinstance(answer_to, str) else ""))

    def _on_publish(self, _client: Client, _data: Any, _mid: int, reason: ReasonCode, _properties: Any) -> None:
        self._unanswered -= 1
        if reason.is_failure:
            self._ended = f"does not let us write: {reason.getName()}"

    def _on_disconnect(self, _client: Client, _data: Any, flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if flags.is_disconnect_packet_from_server:
            self._ended = self._ended or f"sent us away: {reason.getName()}"
