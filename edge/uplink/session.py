"""One connection to the broker, from CONNECT to its end, driven by the worker's thread.

paho's callbacks run inside `turn` and only note what happened; our logic runs after paho has returned, so an error
of ours cannot leave paho half-way, and surfaces where the supervisor sees it.
"""

from __future__ import annotations

import logging
import select
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.uplink.messages import Message
from edge.uplink.settings import Broker
from edge.uplink.trouble import Trouble, of_reason, of_tls
from edge.uplink.wake import Wake

Answered = Callable[[int], None]

FAILURE = 0x80  # reason codes from here on are failures; 0x10, no matching subscriber, is a success
PACKET_TOO_LARGE = 0x95
_ANSWER_TIMEOUT_S = 60.0
_READ, _WRITE = select.POLLIN, select.POLLOUT


class LastWarning(logging.Handler):
    """Keeps the last thing paho warned of: the only place where it says why a socket failed."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


class _UnderWay(NamedTuple):
    since: float
    answered: Answered


class Session:
    """Built around a client whose CONNECT is on its way. `established` once the broker has agreed, `ended` with the
    reason once it is over; a session is never used again after that.

    At most `window` messages are under way: the smaller of ours and the broker's Receive Maximum, which paho does
    not heed.
    """

    def __init__(self, client: Client, broker: Broker, heard: LastWarning, now: float) -> None:
        self._client = client
        self._broker = broker
        self._heard = heard
        self._since = now
        self._under_way: dict[int, _UnderWay] = {}
        self._answers: deque[tuple[int, int]] = deque()
        self._largest = 0
        self.window = 0
        self.resumed = False
        self.established = False
        self.ended: Trouble | None = None
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish

    @property
    def room(self) -> int:
        """How many more messages may be sent now."""
        return self.window - len(self._under_way) if self.ended is None else 0

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    def publish(self, message: Message, answered: Answered, now: float) -> None:
        """Send with QoS 1. `answered(reason code)` is called by a later `turn`, or never if the session ends."""
        if message.size > self._largest:
            answered(PACKET_TOO_LARGE)  # the broker would end the connection, now and each time again
            return
        info = self._client.publish(
            message.topic, message.payload, qos=1, retain=message.retain, properties=message.properties
        )
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:  # a packet id came round before its answer did
            self._end(Trouble(f"{self._broker.address} left messages unanswered"))
        self._under_way[info.mid] = _UnderWay(now, answered)

    def turn(self, wake: Wake, timeout_s: float, now: Callable[[], float]) -> bool:
        """Wait for the broker or for `wake`, read and write what can be, and pass on the broker's answers.

        Returns False if only the broker had something to say: then there is nothing new to be sent.
        """
        ready = self._wait(wake, timeout_s)
        if ready & _READ:
            self._client.loop_read()
        if self._client.socket() is not None and self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        self._look_at_clock(now())
        self._pass_answers()
        return wake.clear() or not ready

    def close(self) -> None:
        """Say DISCONNECT, which also withdraws the will, or just close after a failure."""
        self._client.disconnect()
        self._end(Trouble("closed"))

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

    def _end(self, why: Trouble) -> None:
        if self.ended is None:
            self.ended = why

    def _lost(self) -> Trouble:
        if "SSL" in self._heard.text or "TLS" in self._heard.text.upper():
            return of_tls(self._heard.text, self._broker)
        if not self.established:
            return Trouble(f"{self._broker.address} closed the connection instead of greeting")
        return Trouble(f"the connection to {self._broker.address} broke")

    def _on_connect(
        self, _client: Client, _userdata: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._end(of_reason(reason.value, reason.getName(), self._broker))
            return
        # Absent, they are unlimited (MQTT 5.0, 3.2.2.3.3 and 3.2.2.3.6).
        self.window = min(self._broker.window, getattr(properties, "ReceiveMaximum", 65535))
        self._largest = getattr(properties, "MaximumPacketSize", 1 << 28)
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
