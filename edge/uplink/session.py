"""One connection to the broker, from CONNECT to its end, driven by the worker's thread.

paho's callbacks run inside `turn` and only note what happened; our logic runs after paho has returned, so an error
of ours cannot leave paho half-way, and surfaces where the supervisor sees it.
"""

from __future__ import annotations

import contextlib
import select
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.uplink.heard import LastWarning
from edge.uplink.inbound import MOST_BYTES, Inbound, of_message
from edge.uplink.messages import Message
from edge.uplink.settings import Broker
from edge.uplink.trouble import Trouble, of_reason, of_tls
from edge.uplink.wake import Wake

Answered = Callable[[int], None]
Deliver = Callable[[Inbound], None]
Subscribed = Callable[[list[int]], None]

FAILURE = 0x80  # reason codes from here on are failures; 0x10, no matching subscriber, is a success
PACKET_TOO_LARGE = 0x95
_UNSUPPORTED_PROTOCOL = 0x84
_ANSWER_TIMEOUT_S = 60.0
_READ, _WRITE = select.POLLIN, select.POLLOUT


class _UnderWay(NamedTuple):
    since: float
    answered: Answered


class Session:
    """Built around a client whose CONNECT is on its way. `established` once the broker has agreed, `ended` with the
    reason once it is over; a session is never used again after that.

    At most `window` messages are under way: the smaller of ours and the broker's Receive Maximum, which paho does
    not heed. `deliver` is given each message that comes, inside `turn`; after it returns, the broker has our PUBACK.
    """

    def __init__(self, client: Client, broker: Broker, heard: LastWarning, deliver: Deliver, now: float) -> None:
        self._client = client
        self._broker = broker
        self._heard = heard
        self._deliver = deliver
        self._since = now
        self._under_way: dict[int, _UnderWay] = {}
        self._answers: deque[tuple[int, int]] = deque()
        self._came: deque[MQTTMessage] = deque()
        self._subacks: deque[tuple[int, list[int]]] = deque()
        self._subscribing: dict[int, Subscribed] = {}
        self.version: MQTTProtocolVersion = client.protocol
        self.largest = 0
        self.window = 0
        self.resumed = False
        self.established = False
        self.ended: Trouble | None = None
        self.unsupported = False  # ended because the broker does not know this version of MQTT
        self.hung_up = False  # ended by the broker without an answer to CONNECT
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe

    @property
    def room(self) -> int:
        """How many more messages may be sent now."""
        return self.window - len(self._under_way) if self.ended is None else 0

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    def publish(self, message: Message, answered: Answered, now: float) -> None:
        """Send with QoS 1. `answered(reason code)` is called by a later `turn`, or never if the session ends."""
        if message.size > self.largest:
            answered(PACKET_TOO_LARGE)  # the broker would end the connection, now and each time again
            return
        info = self._client.publish(
            message.topic, message.payload, qos=1, retain=message.retain, properties=message.properties
        )
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:  # a packet id came round before its answer did
            self._end(Trouble(f"{self._broker.address} left messages unanswered"))
        self._under_way[info.mid] = _UnderWay(now, answered)

    def subscribe(self, filters: list[str], subscribed: Subscribed) -> None:
        """Listen, with QoS 1. `subscribed` is called by a later `turn` with a reason code for each filter."""
        if self.version == MQTTProtocolVersion.MQTTv5:
            # The retain flag as published, so that an order that was retained by mistake can be told.
            options = SubscribeOptions(qos=1, retainAsPublished=True)
            _, mid = self._client.subscribe([(topic, options) for topic in filters])
        else:
            _, mid = self._client.subscribe([(topic, 1) for topic in filters])
        if mid is not None:
            self._subscribing[mid] = subscribed

    def unsubscribe(self, filters: list[str]) -> None:
        """Listen no longer; what still comes is for nobody."""
        self._client.unsubscribe(filters)

    def turn(self, wake: Wake, timeout_s: float, now: Callable[[], float]) -> bool:
        """Wait for the broker or for `wake`, read and write what can be, and pass on the broker's answers.

        Returns False if only the broker had something to say: then there is nothing new to be sent.
        """
        ready = self._wait(wake, timeout_s)
        if ready & _READ:
            self._read()
        if self._client.socket() is not None and self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        self._look_at_clock(now())
        self._pass_answers()
        self._pass_messages()
        return wake.clear() or not ready

    def close(self, why: str = "closed") -> None:
        """Say DISCONNECT, which also withdraws the will, or just close after a failure."""
        self._client.disconnect()
        self._end(Trouble(why))

    def drop(self) -> None:
        """Close without a word, so that the broker publishes the will."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()
        self._end(Trouble("dropped"))

    def _wait(self, wake: Wake, timeout_s: float) -> int:
        sock = self._client.socket()
        if sock is None:
            self._end(self._lost())
            return 0
        pending = getattr(sock, "pending", None)  # bytes that TLS has already decrypted: no poll shows them
        if pending is not None and pending():
            return _READ
        poller = select.poll()
        poller.register(wake, _READ)
        poller.register(sock.fileno(), _READ | _WRITE if self._client.want_write() else _READ)
        found = dict(poller.poll(timeout_s * 1000))
        events = found.get(sock.fileno(), 0)
        # An error or a hang-up is met by reading.
        return _READ | events if events & ~_WRITE else events

    def _read(self) -> None:
        try:
            self._client.loop_read()
        except Exception as error:  # noqa: BLE001 - paho on bytes that are no MQTT; our callbacks only take notes
            self._end(Trouble(f"{self._broker.address} sent what cannot be read: {error}"))
        sock = self._client.socket()
        if isinstance(sock, socket.socket) and sock.family in (socket.AF_INET, socket.AF_INET6):
            # mosquitto leaves Nagle's algorithm on: until our side's TCP has acknowledged one PUBACK, which the kernel
            # delays by 40 ms, it holds back the next. The kernel forgets this option each time.
            with contextlib.suppress(OSError):  # the connection has just gone: the next read says so
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        # Not all brokers heed the Maximum Packet Size, and 3.1.1 has none: paho would take 256 MB into memory.
        if getattr(self._client, "_in_packet", {}).get("to_process", 0) > MOST_BYTES:
            self._end(Trouble(f"{self._broker.address} sends a message of more than {MOST_BYTES // 1024} KB"))
        # We subscribe with QoS 1 at most. Of a message with QoS 2 paho would keep every one until its PUBREL.
        if getattr(self._client, "_in_messages", None):
            self._end(Trouble(f"{self._broker.address} sends with QoS 2, which nobody asked for"))

    def _look_at_clock(self, now: float) -> None:
        if not self.established and now - self._since > self._broker.connect_timeout_s:
            self._end(Trouble(f"{self._broker.address} does not greet: is it an MQTT broker?"))
        oldest = next(iter(self._under_way.values()), None)
        if oldest is not None and now - oldest.since > _ANSWER_TIMEOUT_S:
            self._end(Trouble(f"{self._broker.address} left messages unanswered"))

    def _pass_answers(self) -> None:
        while self._answers:
            mid, reason = self._answers.popleft()
            waiting = self._under_way.pop(mid, None)
            if waiting is not None:
                waiting.answered(reason)

    def _pass_messages(self) -> None:
        while self._subacks:
            mid, codes = self._subacks.popleft()
            subscribed = self._subscribing.pop(mid, None)
            if subscribed is not None:
                subscribed(codes)
        while self._came:
            message = self._came.popleft()
            self._deliver(of_message(message))
            if message.qos:
                self._client.ack(message.mid, message.qos)

    def _end(self, why: Trouble) -> None:
        if self.ended is None:
            self.ended = why

    def _lost(self) -> Trouble:
        if "SSL" in self._heard.text or "TLS" in self._heard.text.upper():
            return of_tls(self._heard.text, self._broker)
        if not self.established:
            self.hung_up = True
            return Trouble(f"{self._broker.address} closed the connection instead of greeting")
        return Trouble(f"the connection to {self._broker.address} broke")

    def _on_connect(
        self, _client: Client, _userdata: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self.unsupported = reason.value == _UNSUPPORTED_PROTOCOL
            self._end(of_reason(reason.value, reason.getName(), self._broker))
            return
        # Absent, they are unlimited (MQTT 5.0, 3.2.2.3.3 and 3.2.2.3.6).
        self.window = min(self._broker.window, getattr(properties, "ReceiveMaximum", 65535))
        self.largest = getattr(properties, "MaximumPacketSize", 1 << 28)
        self.resumed = flags.session_present
        self.established = True

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        by_broker = flags.is_disconnect_packet_from_server
        self._end(of_reason(reason.value, reason.getName(), self._broker) if by_broker else self._lost())

    def _on_publish(
        self, _client: Client, _userdata: Any, mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._answers.append((mid, reason.value))

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self._came.append(message)

    def _on_subscribe(
        self, _client: Client, _userdata: Any, mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        self._subacks.append((mid, [reason.value for reason in reasons]))
