"""One connection of the sink to the broker. What arrives is acknowledged by the caller, once it is durable.

paho runs on the caller's thread and its callbacks only note what happened, as in the device's uplink. The broker keeps
the session while the sink is away, and sends again what was not acknowledged.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.sink.reading import MOST_BYTES
from edge.uplink.heard import LastWarning
from edge.uplink.settings import Broker, equip
from edge.uplink.trouble import Trouble, of_reason, of_tls

# Read before the next commit; one message more may come on top. The window is no bound: mosquitto 2.0.11 sends all that
# has queued up to a session that comes back.
_MOST_GATHERED, _MOST_GATHERED_BYTES = 500, 2 << 20
_TOPIC_ROOM = 1 << 16
_PUBLISH_WINDOW = 20
_TAKEN_OVER = 0x8E


class Arrival(NamedTuple):
    """One message; `mid` and `qos` are what its acknowledgement needs."""

    topic: str
    payload: bytes
    mid: int
    qos: int


class Connection:
    """Connects when made, blocking for at most the broker's timeouts; raises OSError, ValueError or ConfigError.

    `subscribed` once everything is subscribed to, `ended` with the reason once it is over.
    """

    def __init__(
        self, broker: Broker, client_id: str, topics: Sequence[str], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._broker = broker
        self._monotonic = monotonic
        self._topics = topics
        self._heard = LastWarning()
        self._arrived: list[Arrival] = []
        self._unanswered = 0
        self._window = _PUBLISH_WINDOW
        self.subscribed = False
        self.refused_topics = 0
        self.ended: Trouble | None = None
        self._client = self._make(client_id)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = broker.session_expiry_s
        properties.ReceiveMaximum = broker.window
        properties.MaximumPacketSize = MOST_BYTES + _TOPIC_ROOM
        self._client.connect(
            broker.host, broker.port, keepalive=broker.keepalive_s, clean_start=False, properties=properties
        )
        self._greeted_until = monotonic() + broker.connect_timeout_s

    @property
    def room(self) -> int:
        """How many messages may be published now."""
        return self._window - self._unanswered if self.subscribed and self.ended is None else 0

    def receive(self, timeout_s: float) -> list[Arrival]:
        """Wait for something to happen, and return what has come: all that can be read without waiting again."""
        sock = self._client.socket()
        if sock is None:
            self._end(self._lost())
            return []
        decrypted = getattr(sock, "pending", None)  # bytes that TLS has already decrypted: no poll shows them
        poller = select.poll()
        poller.register(sock.fileno(), select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        if (decrypted is not None and decrypted()) or poller.poll(timeout_s * 1000):
            self._read()
        if self._client.socket() is not None and self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        if not self.subscribed and self._monotonic() > self._greeted_until:
            self._end(Trouble(f"{self._broker.address} does not greet: is it an MQTT broker?"))
        arrived, self._arrived = self._arrived, []
        return arrived

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        """Tell the broker that these need not be sent again."""
        for arrival in arrivals:
            self._client.ack(arrival.mid, arrival.qos)

    def publish(self, topic: str, payload: bytes) -> None:
        """Put a token on a topic, where it stays for whoever comes later."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/jose"
        self._client.publish(topic, payload, qos=1, retain=True, properties=properties)
        self._unanswered += 1

    def close(self) -> None:
        """Say goodbye; the session stays at the broker."""
        self._client.disconnect()
        self._end(Trouble("closed"))

    def _read(self) -> None:
        """Packet by packet, until no more of them is a message: then nothing is left to be read without waiting."""
        size, count = 0, -1
        while size < _MOST_GATHERED_BYTES and count < len(self._arrived) < _MOST_GATHERED:
            count = len(self._arrived)
            if self._client.socket() is None:
                return
            self._client.loop_read()
            size += sum(len(arrival.payload) for arrival in self._arrived[count:])

    def _make(self, client_id: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
        )
        equip(client, self._broker, self._heard)
        client.max_inflight_messages = 0  # `room` keeps the window
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        return client

    def _end(self, why: Trouble) -> None:
        if self.ended is None:
            self.ended = why

    def _lost(self) -> Trouble:
        if "SSL" in self._heard.text or "TLS" in self._heard.text.upper():
            return of_tls(self._heard.text, self._broker)
        return Trouble(f"the connection to {self._broker.address} broke")

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._end(of_reason(reason.value, reason.getName(), self._broker))
            return
        self._window = min(_PUBLISH_WINDOW, getattr(properties, "ReceiveMaximum", 65535))
        client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        for topic, reason in zip(self._topics, reasons, strict=True):
            if reason.value != 1:  # with QoS 0 a message is gone before it is stored
                granted = reason.getName()
                what = f"{self._broker.address} does not let the sink subscribe to {topic} with QoS 1: {granted}"
                self._end(Trouble(what, "see the broker's configuration and access list", lasting=True))
                return
        self.subscribed = True

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # a broker ought to refuse it
            topic = ""
        self._arrived.append(Arrival(topic, bytes(message.payload), message.mid, message.qos))

    def _on_publish(
        self, _client: Client, _data: Any, _mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._unanswered -= 1
        if reason.is_failure:
            self.refused_topics += 1

    def _on_disconnect(
        self, _client: Client, _data: Any, flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        by_broker = flags.is_disconnect_packet_from_server
        if by_broker and reason.value == _TAKEN_OVER:
            self._end(
                Trouble("another sink with this client id took over", "give each its own --client-id", lasting=True)
            )
        self._end(of_reason(reason.value, reason.getName(), self._broker) if by_broker else self._lost())
