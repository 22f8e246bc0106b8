"""A line to the broker for the office's commands, to publish on and to be asked on."""

from __future__ import annotations

import secrets
import threading
from queue import Empty, Full, Queue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.cli.broker_options import NOT_LET_IN
from edge.errors import HardwareError
from edge.uplink.settings import Broker, password, tls_context
from edge.uplink.trouble import of_failure

if TYPE_CHECKING:
    from paho.mqtt.client import MQTTMessageInfo

_ROOM = 100


class OfficeLine:
    """A connection that publishes and, with `listen`, notes on which topics something came. It is found again by
    itself after a break; what is published meanwhile waits.
    """

    def __init__(self, broker: Broker, listen: str = "", wait_s: float = 10.0) -> None:
        self._broker = broker
        self._listen = listen
        self._wait_s = wait_s
        self._connected = threading.Event()
        self._refused = ""
        self.heard: Queue[tuple[str, bytes]] = Queue(_ROOM)
        name = f"edge-office-{secrets.token_hex(6)}"
        self._client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        broker, client = self._broker, self._client
        client.connect_timeout = broker.connect_timeout_s
        if broker.username:
            client.username_pw_set(broker.username, password(broker))
        if broker.tls:
            client.tls_set_context(tls_context(broker))
        try:
            client.connect(broker.host, broker.port, keepalive=broker.keepalive_s)
        except (OSError, ValueError) as error:
            trouble = of_failure(error, broker)
            raise HardwareError(trouble.what, hint=trouble.hint or "check --broker and TLS") from error
        client.loop_start()
        if not self._connected.wait(self._wait_s) or self._refused:
            self.close()
            why = self._refused or "no answer"
            raise HardwareError(f"{broker.address} does not let us in: {why}", hint=NOT_LET_IN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection and its thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Returns once the broker has it. Raises HardwareError."""
        info: MQTTMessageInfo = self._client.publish(topic, payload, 1, retain)
        try:
            info.wait_for_publish(self._wait_s)
        except (ValueError, RuntimeError) as error:
            raise HardwareError(f"{self._broker.address}: not published: {error}", hint="try again") from error
        if not info.is_published():
            hint = "is the office allowed to write there?"
            raise HardwareError(f"{self._broker.address} did not take {topic}", hint=hint)

    def next(self, timeout_s: float) -> tuple[str, bytes] | None:
        """What was heard, or None after `timeout_s`."""
        try:
            return self.heard.get(timeout=timeout_s)
        except Empty:
            return None

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._refused = str(reason) if reason.is_failure else ""
        if not reason.is_failure and self._listen:
            client.subscribe(self._listen, 1)
        self._connected.set()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            self.heard.put_nowait((message.topic, bytes(message.payload[:1024])))
        except Full:
            return  # whoever asks asks again
